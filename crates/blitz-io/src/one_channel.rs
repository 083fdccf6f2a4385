//! One channel of a recording whose frames have several.

use std::ops::Range;

use blitz_core::{
    Channel, FrameCatalog, FrameFault, FrameMeta, Samples, SamplesMut, typed, with_samples_mut,
};

use crate::facts::Facts;
use crate::reading::{OneOf, pick};
use crate::source::{FrameSource, Growing, SourceInfo, assert_fits, assert_rows_fit};

/// See the module's page. Frames are decoded whole; the others' samples are left out.
#[derive(Debug)]
pub(crate) struct OneChannel {
    inner: Box<dyn FrameSource>,
    info: SourceInfo,
    channel: usize,
}

impl OneChannel {
    /// The channel of that number or name; a recording whose channels are pages, which were chosen among, is left as it is.
    ///
    /// # Errors
    /// If there is no such channel.
    pub(crate) fn of(
        mut inner: Box<dyn FrameSource>,
        asked: Option<&str>,
    ) -> Result<Box<dyn FrameSource>, String> {
        let info = inner.info();
        let count = info.channels.len();
        let is_chosen = info.reading.one_of.iter().any(|one| one.letter == 'C');
        if is_chosen || (count < 2 && asked.is_none()) {
            return Ok(inner);
        }
        let names: Vec<String> = info.channels.iter().map(|channel| channel.name.clone()).collect();
        if count < 2 {
            return pick("channel", asked, count, &names).map(|_| inner);
        }
        let Some(asked) = asked else {
            inner.info_mut().reading.one_of.push(of_frames(None, count, names));
            return Ok(inner);
        };
        let channel = pick("channel", Some(asked), count, &names)?;
        let mut info = info.clone();
        let Channel { name, kind } = info.channels[channel].clone();
        info.channels = vec![Channel { name, kind }];
        info.frame.channels = 1;
        info.reading.one_of.push(of_frames(Some(channel), count, names));
        Ok(Box::new(Self { inner, info, channel }))
    }
}

impl OneChannel {
    /// Fills `out` with one channel of what `decode` gives of all.
    fn pick(
        &self,
        out: SamplesMut<'_>,
        decode: impl FnOnce(SamplesMut<'_>) -> Result<(), FrameFault>,
    ) -> Result<(), FrameFault> {
        let channels = self.inner.info().frame.channels;
        let mut whole = Samples::zeros(self.info.dtype, out.len() * channels);
        decode(whole.as_mut())?;
        with_samples_mut!(out, out => {
            let all = typed(whole.as_ref());
            for (out, pixel) in out.iter_mut().zip(all.chunks_exact(channels)) {
                *out = pixel[self.channel];
            }
        });
        Ok(())
    }
}

/// Channels of a frame, which can be shown together.
fn of_frames(shown: Option<usize>, count: usize, names: Vec<String>) -> OneOf {
    OneOf { may_be_all: true, ..OneOf::new('C', shown, count, names) }
}

impl FrameCatalog for OneChannel {
    fn meta(&self, frame: usize) -> FrameMeta {
        self.inner.meta(frame)
    }

    fn t0_frame(&self) -> i64 {
        self.info.t0_frame
    }

    fn counts(&self) -> Option<&[f64]> {
        self.info.counts.as_deref()
    }
}

impl FrameSource for OneChannel {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn info_mut(&mut self) -> &mut SourceInfo {
        &mut self.info
    }

    fn growing(&self) -> Option<&dyn Growing> {
        self.inner.growing()
    }

    fn decode(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        assert_fits(&self.info, &out);
        self.pick(out, |whole| self.inner.decode(frame, whole))
    }

    fn decode_rows(&self, frame: usize, rows: Range<usize>, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        assert_rows_fit(&self.info, &rows, &out);
        self.pick(out, |whole| self.inner.decode_rows(frame, rows, whole))
    }

    fn facts(&self, frame: usize) -> Facts {
        self.inner.facts(frame)
    }
}
