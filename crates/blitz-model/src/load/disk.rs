//! Recordings decoded to the disk once: for those that do not fit in memory, and for those that are opened often.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use blitz_core::{FrameMeta, Layout, Stack, Store};
use blitz_io::FrameSource;
use blitz_io::disk::{CacheEntry, CacheFolder, Description, DiskStore, Room};
use serde::{Deserialize, Serialize};

use super::{Chain, LoadError, Loader, Opened};
use crate::recipe::{InvalidEntry, Load};
use crate::text;

/// What to do with a recording that does not fit in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfTooBig {
    /// Ask the person; where nobody can be asked, do not open it.
    #[default]
    Ask,
    /// Load every n-th frame, as few left out as possible.
    Every,
    /// Make the frames smaller, as little as possible.
    Shrink,
    /// Decode to the disk, once.
    Cache,
    /// Hold nothing: decode each frame when it is looked at.
    Stream,
    /// Do not open it.
    Fail,
}

/// Where decoded frames are kept, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskCache {
    /// The folder; `None` keeps nothing on disk.
    pub folder: Option<CacheFolder>,
    /// Keep f32 samples instead of the recording's type (where f32 holds every value).
    pub as_f32: bool,
}

impl DiskCache {
    /// The folder `path`, or where this system keeps caches, with at most `limit` bytes (see
    /// [`CacheFolder::new`]).
    pub fn new(path: Option<PathBuf>, limit: Option<u64>) -> Self {
        let path = path.or_else(CacheFolder::default_path);
        Self { folder: path.map(|path| CacheFolder::new(path, limit)), as_f32: false }
    }

    fn folder(&self) -> Result<&CacheFolder, LoadError> {
        self.folder.as_ref().ok_or_else(|| {
            let reason = "this system names no folder for caches; name one";
            LoadError::Entry(InvalidEntry::new("cache-dir", reason))
        })
    }
}

/// What decoding a recording to the disk would take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheOffer {
    /// The folder.
    pub folder: PathBuf,
    /// Bytes of all frames.
    pub needed: u64,
    /// What there is room for; entries that nobody uses give way.
    pub room: Room,
    /// Why it has no room, if it has none whatever gives way.
    pub refused: Option<String>,
}

/// Frames on disk that are being filled.
#[derive(Debug)]
pub(super) struct DiskTarget {
    pub(super) store: Arc<DiskStore>,
    folder: CacheFolder,
    description: Description,
}

impl DiskTarget {
    /// Makes the entry complete, unless the recording is no longer what it was when decoding began.
    pub(super) fn complete(&self, source: &dyn FrameSource) -> Result<(), String> {
        if self.store.extent().sealed {
            return Ok(());
        }
        if fingerprint(source) != self.description.fingerprint {
            self.folder.discard(&self.description.id);
            return Err(
                "the recording's files changed while they were decoded to the disk, so the frames there \
                        are not kept; open it again"
                    .to_owned(),
            );
        }
        self.store.complete().map_err(|error| error.to_string())
    }
}

impl Opened {
    /// The recording from frames that were decoded to the disk earlier, if all are there and its files and load
    /// options are still the same; the plan then says so. Looks at the files' sizes and times, reads no frames.
    pub fn cached(&mut self, cache: &DiskCache) -> Option<Stack> {
        let folder = cache.folder.as_ref()?;
        let chain = self.disk_chain(cache).ok()?;
        if self.mapped().is_some() || !folder.has(&id(self, &chain)) {
            return None;
        }
        let store = folder.find(&describe(self, &chain))?;
        Some(self.stand_on(chain, &store))
    }

    /// The recording decoded to the disk: complete from an earlier time, or with a loader that decodes what is
    /// missing. Also what was removed from the folder to make room.
    ///
    /// # Errors
    /// If there is no folder, no room, another program decodes the same recording just now, or the system refuses.
    pub fn load_to_disk(
        &mut self,
        cache: &DiskCache,
    ) -> Result<(Stack, Option<Loader>, Vec<CacheEntry>), LoadError> {
        let folder = cache.folder()?;
        let chain = self.disk_chain(cache)?;
        let description = describe(self, &chain);
        let (store, evicted) = folder.open(&description)?;
        let loader = (!store.extent().sealed).then(|| {
            let target = DiskTarget { store: Arc::clone(&store), folder: folder.clone(), description };
            Loader::to_disk(Arc::clone(&self.source), chain.clone(), target)
        });
        Ok((self.stand_on(chain, &store), loader, evicted))
    }

    /// What [`Opened::load_to_disk`] would take. Looks at the whole folder and at the disk.
    pub fn cache_offer(&self, cache: &DiskCache) -> Option<CacheOffer> {
        let folder = cache.folder.as_ref()?;
        let chain = self.disk_chain(cache).ok()?;
        let frame = chain.output_shape().samples() as u64 * chain.output_dtype().size() as u64;
        let needed = frame * chain.frames() as u64;
        let room = folder.room();
        let emptied = Room { used: 0, free: room.free.map(|free| free.saturating_add(room.used)), ..room };
        let refused = emptied.admit(needed).err();
        Some(CacheOffer { folder: folder.path().to_path_buf(), needed, room, refused })
    }

    fn disk_chain(&self, cache: &DiskCache) -> Result<Chain, LoadError> {
        if cache.as_f32 {
            let chain = self.chain.with_f32();
            return Ok(chain.map_err(|reason| InvalidEntry::new("cache-type", reason))?);
        }
        Ok(self.chain.clone())
    }

    fn stand_on(&mut self, chain: Chain, store: &Arc<DiskStore>) -> Stack {
        let frames = store.counts();
        let there = frames.ready + frames.failed + store.found();
        let when = match there {
            there if frames.pending == 0 && there > 0 => "decoded earlier".to_owned(),
            0 => "decoded once".to_owned(),
            there => format!("decoded once, {} earlier", text::count(there, "frame")),
        };
        let bytes = text::bytes(store.disk_bytes());
        self.plan = self.plan.cached(format!("{when} to {} ({bytes} on disk)", store.path().display()));
        self.plan.dtype = chain.output_dtype();
        self.plan.bytes = store.disk_bytes();
        chain.count_lost(store.lost_missing());
        self.chain = chain;
        self.stack(Arc::clone(store) as Arc<dyn Store>)
    }
}

/// What a recording's frames on disk are.
fn describe(opened: &Opened, chain: &Chain) -> Description {
    let info = opened.source.info();
    Description {
        id: id(opened, chain),
        fingerprint: fingerprint(opened.source.as_ref()),
        layout: Layout { frame: chain.output_shape(), dtype: chain.output_dtype() },
        frames: chain.frames(),
        name: info.name.clone(),
        path: absolute(&info.path).display().to_string(),
        options: options(&opened.load, chain),
    }
}

/// Load options in words, only those that are set.
fn options(load: &Load, chain: &Chain) -> String {
    let recipe = crate::recipe::Recipe { load: load.clone(), ..Default::default() };
    let toml = recipe.to_toml();
    let lines = toml.lines().skip_while(|line| *line != "[load]").skip(1).take_while(|line| !line.is_empty());
    let mut words: Vec<String> = lines.map(str::to_owned).collect();
    words.push(chain.output_dtype().to_string());
    words.join(", ")
}

/// Names the recording and how it is read.
fn id(opened: &Opened, chain: &Chain) -> [u8; 16] {
    let mut hash = Hash::default();
    hash.text(&format!("{:?} {}", opened.load, chain.output_dtype()));
    // Files of a folder share the way to it, which the system is asked for.
    let mut folder: Option<(PathBuf, PathBuf)> = None;
    for path in files(opened.source.as_ref()) {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let place = parent.zip(path.file_name());
        if folder.as_ref().zip(place).is_some_and(|((known, _), (parent, _))| known.as_path() != parent) {
            folder = None;
        }
        let path = match place {
            None => absolute(&path),
            Some((parent, name)) => {
                let (_, whole) = folder.get_or_insert_with(|| (parent.to_path_buf(), absolute(parent)));
                whole.join(name)
            }
        };
        hash.bytes(path.as_os_str().as_encoded_bytes());
    }
    hash.finish()
}

/// Stands for the state of the files and of the program that decodes them.
fn fingerprint(source: &dyn FrameSource) -> [u8; 16] {
    let mut hash = Hash::default();
    hash.text(env!("CARGO_PKG_VERSION"));
    hash.text(&source.decoder());
    for path in files(source) {
        match fs::metadata(&path) {
            Ok(meta) => {
                hash.number(meta.len());
                hash.time(meta.modified().ok());
                hash.number(changed(&meta));
            }
            Err(error) => hash.text(&format!("{:?}", error.kind())),
        }
    }
    hash.finish()
}

/// When anything about a file changed last: a file that took the place of another with its size and time, or whose
/// permissions changed, is another file.
#[cfg(unix)]
fn changed(meta: &fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    (meta.ctime() as u64).wrapping_mul(1_000_000_000).wrapping_add(meta.ctime_nsec() as u64)
}

/// When anything about a file changed last; not told by this system.
#[cfg(not(unix))]
fn changed(_meta: &fs::Metadata) -> u64 {
    0
}

/// The files that the frames lie in, each once, in order.
fn files(source: &dyn FrameSource) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for frame in 0..source.info().frames {
        let FrameMeta { file, .. } = source.meta(frame);
        if let Some(file) = file
            && files.last() != Some(&file)
        {
            files.push(file);
        }
    }
    files
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// FNV-1a with 128 bits over parts that are told apart by their length: the same on every machine and in every
/// version, unlike the standard library's hashes.
struct Hash(u128);

impl Default for Hash {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Hash {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    fn time(&mut self, time: Option<SystemTime>) {
        let since = time.and_then(|t| t.duration_since(SystemTime::UNIX_EPOCH).ok()).unwrap_or_default();
        self.number(since.as_secs());
        self.number(u64::from(since.subsec_nanos()));
    }

    fn finish(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }
}
