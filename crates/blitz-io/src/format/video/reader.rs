//! One place in a video: a demuxer and a decoder that go forwards together, and how they get elsewhere.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use blitz_core::Cancel;
use ffmpeg_next as ffmpeg;

use super::decoder::{Answer, Decoder};
use super::demux::Demuxer;
use super::ffi::Picture;
use super::file::{File, MAX_SEEK_READ};
use super::index::{CORRUPT, Entry, KEY};

/// A picture, or why there is none.
pub(super) type Outcome = Result<Picture, String>;

/// Packets that may follow one into the decoder before its picture is out: the deepest reordering of any codec,
/// and the packets that its threads hold.
const GRACE: usize = 40;

/// The frame that is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) packet: u32,
    pub(super) frame: usize,
    /// Nothing is wanted from behind it: no packet is sent after it.
    pub(super) last: bool,
}

/// Keyframes in a row that are tried before decoding begins with the file.
const MOST_SUSPECTS: usize = 4;

/// Something was not as expected; the same packets are looked at again, one by one.
struct Trouble;

/// A packet that could not be decoded, and what may build on it.
struct Damage {
    packet: u32,
    /// The frame that it would have been.
    frame: Option<usize>,
    /// The keyframe of its group, as the container says.
    key: u32,
    /// The first picture behind it that needs no other, if it was decoded: some containers call every packet a
    /// keyframe.
    next_key: Option<u32>,
}

/// See the module's page.
pub(super) struct Reader {
    file: Arc<File>,
    demuxer: Demuxer,
    decoder: Decoder,
    threads: usize,
    /// A packet that was read to find out where the demuxer is.
    pending: Option<ffmpeg::Packet>,
    /// Number of the next packet.
    next: u32,
    /// Where this run through the file began.
    start: u32,
    /// Packets whose pictures are still to come, in the order in which they were sent.
    waiting: VecDeque<u32>,
    /// One thread, so that each error belongs to the packet that was sent last.
    careful: bool,
    /// Trouble ended with this packet.
    careful_until: u32,
    /// Trouble comes again and again: care is not left.
    stay_careful: bool,
    damage: Vec<Damage>,
    ended: bool,
    /// The demuxer did not give the packet that comes next.
    lost: bool,
    /// Pictures given so far, for files whose pictures are counted.
    counted: usize,
    /// The frame that is asked for, and whether it came.
    target: usize,
    arrived: Option<bool>,
    /// Whether keyframes may be gone to.
    may_jump: bool,
    /// Trying jumps, with a strict decoder or one that is not.
    trial: Option<bool>,
    /// Whether the decoder refuses what it does not understand.
    strict: bool,
    cancel: Cancel,
}

impl Reader {
    /// A reader at the beginning of `file`.
    pub(super) fn open(file: &Arc<File>, threads: usize, cancel: &Cancel) -> Result<Self, String> {
        let (demuxer, decoder) = file.open_decoder(threads, cancel)?;
        Ok(Self {
            file: Arc::clone(file),
            demuxer,
            decoder,
            threads,
            pending: None,
            next: 0,
            start: 0,
            waiting: VecDeque::new(),
            careful: false,
            careful_until: 0,
            stay_careful: false,
            damage: Vec::new(),
            ended: false,
            lost: false,
            counted: 0,
            target: 0,
            arrived: None,
            may_jump: false,
            trial: None,
            strict: true,
            cancel: cancel.clone(),
        })
    }

    /// Lets it begin at keyframes, to try whether that is exact; the first trouble is the answer.
    pub(super) fn try_jumps(&mut self, strictly: bool) {
        (self.may_jump, self.trial) = (true, Some(strictly));
    }

    /// The packet that comes next.
    pub(super) fn next(&self) -> u32 {
        self.next
    }

    /// The first packet whose picture is still to come: those that are in the decoder come before the next one.
    pub(super) fn first_to_come(&self) -> u32 {
        self.waiting.iter().copied().min().map_or(self.next, |waiting| waiting.min(self.next))
    }

    /// Whether the picture of `packet` (or the one with this count) is still to come.
    pub(super) fn is_ahead(&self, packet: u32, frame: usize) -> bool {
        if self.file.index.is_counted() {
            return frame >= self.counted && !self.ended;
        }
        let led = self.start > 0 && (packet < self.start || self.file.index.leads(packet, self.start));
        !led && (packet >= self.next || self.waiting.contains(&packet)) && !self.ended
    }

    /// Whether the decoder was emptied: the next picture needs a seek.
    pub(super) fn is_empty(&self) -> bool {
        self.ended
    }

    /// Decodes until the picture of `target` is out, starting from `from` if that is not where the reader stands.
    /// All pictures on the way go to `sink`; those of packets that `wanted` does not name may be left out.
    pub(super) fn reach(
        &mut self,
        target: Target,
        from: Option<u32>,
        wanted: &dyn Fn(u32) -> bool,
        sink: &mut dyn FnMut(usize, Outcome),
    ) -> Result<(), String> {
        let frame = target.frame;
        self.may_jump |= self.file.seeks_exactly();
        if let Some(from) = from {
            self.go(from)?;
        }
        // Keyframes that may be none, and the packet from which on failures are final.
        let (mut suspects, mut floor) = (Vec::new(), 0);
        self.stay_careful = false;
        for round in 0_u32.. {
            let mut faults = Vec::new();
            let passed = self.run(target, wanted, &mut |at, outcome| match outcome {
                Ok(picture) => sink(at, Ok(picture)),
                Err(reason) => faults.push((at, reason)),
            });
            if self.cancel.is_cancelled() {
                return Err("cancelled".to_owned());
            }
            if passed.is_err() {
                if self.trial.is_some() && self.start > 0 {
                    return Err("the decoder refuses what follows a keyframe".to_owned());
                }
                let oldest =
                    self.waiting.front().copied().unwrap_or(self.next).min(self.next.saturating_sub(1));
                let start = self.file.start(oldest);
                if !self.careful && start > 0 && start == self.start {
                    // Did the jump to `start` do this? Not if it happens as well from further back.
                    suspects.push(start);
                    let enough = suspects.len() < MOST_SUSPECTS;
                    self.go(if enough { self.file.before(start) } else { 0 })?;
                } else {
                    floor = start;
                    suspects.clear();
                    self.stay_careful = round > MOST_SUSPECTS as u32 + 2;
                    self.be_careful(self.file.before(start))?;
                }
                continue;
            }
            for key in suspects {
                self.file.distrust(key);
            }
            if self.arrived.is_none() {
                faults.push((frame, "the decoder gave no picture for it".to_owned()));
            }
            let index = &self.file.index;
            for (at, reason) in faults {
                if at == frame || index.is_counted() || index.frames[at] >= floor {
                    sink(at, Err(reason));
                }
            }
            return Ok(());
        }
        Ok(())
    }

    /// Goes on until the target's picture came out, or cannot any more.
    fn run(
        &mut self,
        Target { packet, frame, last }: Target,
        wanted: &dyn Fn(u32) -> bool,
        sink: &mut dyn FnMut(usize, Outcome),
    ) -> Result<(), Trouble> {
        (self.target, self.arrived) = (frame, None);
        let counted = self.file.index.is_counted();
        while self.arrived.is_none() && !self.ended && !self.cancel.is_cancelled() {
            if !counted && self.next > packet {
                if !self.waiting.contains(&packet) {
                    break;
                }
                // Its picture comes out behind those that follow, or when there are none.
                if last {
                    return self.drain("the decoder gave no picture for it", sink);
                }
            }
            let skip = !counted && self.next != packet && !wanted(self.next);
            self.step(skip, sink)?;
        }
        Ok(())
    }

    /// Reads one packet and takes out what the decoder has.
    fn step(&mut self, skip: bool, sink: &mut dyn FnMut(usize, Outcome)) -> Result<(), Trouble> {
        let Some(mut packet) = self.take() else {
            self.lost = true;
            return self.finish(sink);
        };
        let number = self.next;
        self.next += 1;
        if self.file.index.packets[number as usize].is(CORRUPT) && !self.file.index.is_counted() {
            let reason = "the file breaks off or is damaged within it".to_owned();
            return self.fail(number, reason, sink);
        }
        self.leave_care(number, sink)?;
        self.decoder.skip(skip);
        if !skip && self.file.index.frame_of(number).is_some() {
            self.waiting.push_back(number);
        }
        loop {
            match self.decoder.send(&mut packet, number) {
                Ok(true) => {
                    if let Some(complaint) = self.decoder.complaint() {
                        self.bad(number, &complaint, sink)?;
                    }
                    break;
                }
                Ok(false) => self.collect(number, sink)?,
                Err(reason) => {
                    let reason = with(&reason, self.decoder.complaint());
                    self.bad(number, &reason, sink)?;
                    break;
                }
            }
        }
        self.collect(number, sink)?;
        while let Some(&oldest) = self.waiting.front()
            && (number - oldest) as usize > GRACE
        {
            self.fail(oldest, "the decoder gave no picture for it".to_owned(), sink)?;
        }
        Ok(())
    }

    /// The next packet, if it is the one that the index has there.
    fn take(&mut self) -> Option<ffmpeg::Packet> {
        let packet = match self.pending.take() {
            Some(packet) => packet,
            None => self.demuxer.next().ok()??,
        };
        let known = self.file.index.packets.get(self.next as usize)?;
        known.same(&Entry::of(&packet)).then_some(packet)
    }

    /// No more packets: takes the last pictures out.
    fn finish(&mut self, sink: &mut dyn FnMut(usize, Outcome)) -> Result<(), Trouble> {
        let early = (self.next as usize) < self.file.index.packets.len();
        let absent = if early {
            "the file has changed since it was opened"
        } else {
            "the decoder gave no picture for it"
        };
        self.drain(absent, sink)
    }

    /// Takes out the pictures of all packets that were sent; those that do not come fail for the reason `absent`.
    fn drain(&mut self, absent: &str, sink: &mut dyn FnMut(usize, Outcome)) -> Result<(), Trouble> {
        self.decoder.end();
        // Draining ends with `Answer::End`; a decoder that only complains is given up after some answers.
        for _ in 0..2 * GRACE {
            if self.ended {
                break;
            }
            self.collect(self.next.saturating_sub(1), sink)?;
        }
        self.ended = true;
        while let Some(&oldest) = self.waiting.front() {
            self.fail(oldest, absent.to_owned(), sink)?;
        }
        Ok(())
    }

    /// Takes out all pictures that are ready. `sent` is the packet that was sent last.
    fn collect(&mut self, sent: u32, sink: &mut dyn FnMut(usize, Outcome)) -> Result<(), Trouble> {
        for _ in 0..4 * GRACE {
            let answer = self.decoder.receive();
            // Heard before a picture goes on: it may be the one.
            let complaint = self.decoder.complaint();
            if matches!(answer, Answer::Picture(..)) {
                self.file.decoded.fetch_add(1, Ordering::Relaxed);
            }
            let answer = match (answer, complaint) {
                (Answer::Bad(reason), complaint) => Answer::Bad(with(&reason, complaint)),
                (answer, Some(complaint)) => {
                    self.bad(sent, &complaint, sink)?;
                    answer
                }
                (answer, None) => answer,
            };
            match answer {
                Answer::Hungry => break,
                Answer::End => {
                    self.ended = true;
                    break;
                }
                Answer::Bad(reason) => self.bad(sent, &reason, sink)?,
                Answer::Picture(_, picture) if self.file.index.is_counted() => {
                    let frame = self.counted;
                    self.counted += 1;
                    let damaged = picture.is_damaged();
                    self.emit(frame, if damaged { Err(PAINTED.to_owned()) } else { Ok(picture) }, sink);
                }
                Answer::Picture(None, _) => {}
                Answer::Picture(Some(number), picture) => self.picture(number, picture, sink)?,
            }
        }
        Ok(())
    }

    fn picture(
        &mut self,
        number: u32,
        picture: Picture,
        sink: &mut dyn FnMut(usize, Outcome),
    ) -> Result<(), Trouble> {
        let led = self.start > 0 && self.file.index.leads(number, self.start);
        let Some(frame) = self.file.index.frame_of(number).filter(|_| !led) else {
            self.waiting.retain(|&w| w != number);
            return Ok(());
        };
        if self.damage.iter().any(|damage| damage.packet == number) {
            return Ok(()); // has failed already
        }
        if !self.careful && self.has_overtaken(number) {
            return Err(Trouble);
        }
        if picture.is_damaged() {
            return self.fail(number, PAINTED.to_owned(), sink);
        }
        self.waiting.retain(|&w| w != number);
        if picture.needs_no_other() && self.file.index.packets[number as usize].is(KEY) {
            for damage in self.damage.iter_mut().filter(|damage| damage.packet < number) {
                damage.next_key.get_or_insert(number);
            }
        }
        let outcome = match self.culprit(number) {
            Some(culprit) => Err(culprit),
            None => Ok(picture),
        };
        self.emit(frame, outcome, sink);
        Ok(())
    }

    /// Whether a picture that is shown before that of `number` has not come: in threads of frames a decoder forgets
    /// errors of some packets, and gives what builds on them.
    fn has_overtaken(&self, number: u32) -> bool {
        let index = &self.file.index;
        let led = |packet: u32| self.start > 0 && index.leads(packet, self.start);
        self.waiting.iter().any(|&packet| packet != number && index.leads(packet, number) && !led(packet))
    }

    fn emit(&mut self, frame: usize, outcome: Outcome, sink: &mut dyn FnMut(usize, Outcome)) {
        if frame == self.target {
            self.arrived = Some(outcome.is_ok());
        }
        sink(frame, outcome);
    }

    /// The decoder complained after packet `sent`.
    fn bad(&mut self, sent: u32, reason: &str, sink: &mut dyn FnMut(usize, Outcome)) -> Result<(), Trouble> {
        if self.file.index.is_counted() {
            return Ok(()); // as it did when the pictures were counted
        }
        self.fail(sent, format!("the decoder refuses it: {reason}"), sink)
    }

    /// Packet `number` gives no picture, and nothing that builds on it does.
    fn fail(
        &mut self,
        number: u32,
        reason: String,
        sink: &mut dyn FnMut(usize, Outcome),
    ) -> Result<(), Trouble> {
        if !self.careful {
            return Err(Trouble);
        }
        self.waiting.retain(|&w| w != number);
        let index = &self.file.index;
        let (key, _) = index.group(number);
        let frame = index.frame_of(number);
        self.damage.retain(|d| d.next_key.is_none_or(|next| next as usize + GRACE > number as usize));
        if !self.damage.iter().any(|d| d.key == key && d.next_key.is_none() && !index.leads(d.packet, key)) {
            self.damage.push(Damage { packet: number, frame, key, next_key: None });
        }
        let led = self.start > 0 && index.leads(number, self.start);
        if let Some(frame) = frame.filter(|_| !led) {
            self.emit(frame, Err(reason), sink);
        }
        Ok(())
    }

    /// Why the picture of `number` cannot be trusted, if a damaged one came before it in its group.
    fn culprit(&self, number: u32) -> Option<String> {
        let index = &self.file.index;
        let damage = self.damage.iter().find(|d| {
            let within = d.next_key.is_none_or(|next| number < next || index.leads(number, next));
            // A damaged picture that is shown before its group's keyframe harms only others of that kind.
            let leading = index.leads(d.packet, d.key);
            number > d.packet && within && (!leading || index.leads(number, d.key))
        })?;
        Some(match damage.frame {
            Some(frame) => format!("it builds on frame {frame} of the file, which cannot be decoded"),
            None => "it builds on data that cannot be decoded".to_owned(),
        })
    }

    /// Goes back to the keyframe `from` and on with one thread, so that it is seen which packet is bad.
    fn be_careful(&mut self, from: u32) -> Result<(), String> {
        let until = self.next;
        self.careful = true;
        self.replace_decoder(1)?;
        self.go(from)?;
        self.careful_until = until;
        Ok(())
    }

    /// Behind the trouble, at a keyframe on which all that follows rests, all threads work again.
    fn leave_care(&mut self, number: u32, sink: &mut dyn FnMut(usize, Outcome)) -> Result<(), Trouble> {
        let index = &self.file.index;
        let entry = &index.packets[number as usize];
        let closed = entry.is(KEY)
            && ((number as usize) + 1 >= index.packets.len() || !index.leads(number + 1, number));
        if !self.careful || self.stay_careful || !self.may_jump || !closed || number < self.careful_until {
            return Ok(());
        }
        self.next -= 1; // the packet that was sent last is the one before
        self.drain("the decoder gave no picture for it", sink)?;
        self.next += 1;
        (self.ended, self.careful) = (false, false);
        self.damage.clear();
        self.start = number;
        self.replace_decoder(self.threads).map_err(|_| Trouble)
    }

    fn replace_decoder(&mut self, threads: usize) -> Result<(), String> {
        let parameters = self.demuxer.parameters().ok_or("the video stream is gone")?;
        self.decoder = Decoder::open(parameters, threads, self.strict, self.file.max_pixels)?;
        Ok(())
    }

    /// Goes to packet `from`, which decoding can begin with; to the beginning of the file where keyframes
    /// are not to be trusted.
    fn go(&mut self, from: u32) -> Result<(), String> {
        let from = if self.may_jump { from } else { 0 };
        // Those on their way through the decoder were decoded for nothing.
        self.file.decoded.fetch_add(self.waiting.len() as u64, Ordering::Relaxed);
        self.waiting.clear();
        self.damage.clear();
        self.decoder.flush();
        let strict = from == 0 || self.trial.unwrap_or_else(|| self.file.jumps_strictly());
        if self.strict != strict {
            self.strict = strict;
            self.replace_decoder(if self.careful { 1 } else { self.threads })?;
        }
        let near = self.next <= from && from - self.next <= MAX_SEEK_READ && !self.lost;
        (self.ended, self.lost) = (false, false);
        if !near && from == 0 {
            self.begin_again()?;
        } else if !near && !self.seek(from) {
            self.reopen()?;
        }
        while self.next < from {
            if self.take().is_none() {
                return Err(format!("packet {} cannot be read any more; has the file changed?", self.next));
            }
            self.next += 1;
        }
        self.start = from;
        Ok(())
    }

    /// To the beginning of the file, with a decoder that has seen nothing.
    fn begin_again(&mut self) -> Result<(), String> {
        if self.file.index.is_counted() || !self.seek(0) || self.next != 0 {
            return self.reopen();
        }
        self.replace_decoder(if self.careful { 1 } else { self.threads })
    }

    fn reopen(&mut self) -> Result<(), String> {
        let threads = if self.careful { 1 } else { self.threads };
        (self.demuxer, self.decoder) = self.file.open_decoder(threads, &self.cancel)?;
        if !self.strict {
            self.replace_decoder(threads)?;
        }
        (self.pending, self.next, self.counted) = (None, 0, 0);
        Ok(())
    }

    /// Lets the container go to a packet at or before `from`. Where it lands is read off the packet found
    /// there; `false` if that is unknown, or behind.
    fn seek(&mut self, from: u32) -> bool {
        let mut at = from;
        for _ in 0..3 {
            let Some(time) = self.file.seek_time(at) else { return false };
            self.pending = None;
            if self.demuxer.seek(time).is_err() {
                return false;
            }
            let Ok(Some(packet)) = self.demuxer.next() else { return false };
            let Some(number) = self.file.locate(&Entry::of(&packet)) else { return false };
            if number <= from && from - number <= 16 * MAX_SEEK_READ {
                (self.pending, self.next) = (Some(packet), number);
                return true;
            }
            at = self.file.index.before(at);
        }
        false
    }
}

/// What a decoder answered, with what it complained of.
fn with(answer: &str, complaint: Option<String>) -> String {
    complaint.map_or_else(|| answer.to_owned(), |complaint| format!("{answer}, {complaint}"))
}

/// A decoder has painted over what it could not read.
const PAINTED: &str = "the decoder found it damaged and could only guess parts of it";
