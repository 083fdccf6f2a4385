//! Panels driven without the window: a real session on a small recording, one panel at a time.
#![allow(dead_code, reason = "each test file uses a part")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use blitz_app::cx::{Action, Cx, Replies, ViewState};
use blitz_app::theme::Theme;
use blitz_model::recipe::Load;
use blitz_model::session::{Command, Session};
use egui_kittest::Harness;

/// A panel's `ui`.
pub(crate) type Draw = Box<dyn FnMut(&mut egui::Ui, &mut Cx<'_>)>;

/// A session with the panel that looks at it.
pub(crate) struct Bench {
    pub(crate) session: Session,
    pub(crate) theme: Theme,
    pub(crate) view: ViewState,
    /// What the panel asked for, in order; also carried out.
    pub(crate) actions: Vec<Action>,
    gesture: bool,
    draw: Draw,
    folder: tempfile::TempDir,
}

impl Bench {
    /// Nothing is open.
    pub(crate) fn empty(draw: impl FnMut(&mut egui::Ui, &mut Cx<'_>) + 'static) -> Self {
        Self {
            session: Session::new(Arc::new(|| {}), Arc::new(|_, _| Arc::new(())), None),
            theme: Theme::dark(),
            view: ViewState::default(),
            actions: Vec::new(),
            gesture: false,
            draw: Box::new(draw),
            folder: tempfile::tempdir().expect("temporary folder"),
        }
    }

    /// A recording is open and everything about it is computed.
    pub(crate) fn with(bytes: &[u8], draw: impl FnMut(&mut egui::Ui, &mut Cx<'_>) + 'static) -> Self {
        let mut bench = Self::empty(draw);
        let path = bench.folder.path().join("sparks.npy");
        std::fs::write(&path, bytes).expect("written");
        bench.open(path, Load::default());
        bench
    }

    pub(crate) fn open(&mut self, path: PathBuf, load: Load) {
        self.session.execute(Command::Open { paths: vec![path], load, in_addition: false });
        self.settle();
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Lets all jobs end.
    pub(crate) fn settle(&mut self) {
        let start = Instant::now();
        let mut quiet = 0;
        while quiet < 3 {
            assert!(start.elapsed() < Duration::from_secs(30), "jobs end");
            self.session.poll();
            let view = self.session.focused();
            self.session.picture(view);
            self.session.distribution(view);
            self.session.curves(view);
            self.session.auxiliary(view);
            quiet = if self.session.is_busy() { 0 } else { quiet + 1 };
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub(crate) fn send(&mut self, command: Command) {
        self.session.execute(command);
        self.settle();
    }

    fn frame(&mut self, ui: &mut egui::Ui) {
        self.session.poll();
        self.view.gesture = false;
        let replies = Replies::new(&self.session, self.session.focused());
        let mut actions = Vec::new();
        let mut cx = Cx {
            session: &self.session,
            replies: &replies,
            theme: &self.theme,
            view: &mut self.view,
            actions: &mut actions,
        };
        egui::CentralPanel::default().frame(self.theme.panel_frame()).show(ui, |ui| (self.draw)(ui, &mut cx));
        for action in &actions {
            if let Action::Model(view, command) = action {
                self.session.execute_in(*view, command.clone());
            }
        }
        if self.gesture && !self.view.gesture {
            self.session.execute(Command::EndGesture);
        }
        self.gesture = self.view.gesture;
        self.actions.extend(actions);
    }

    /// Commands sent since the last call.
    pub(crate) fn taken(&mut self) -> Vec<Command> {
        let model = |action| match action {
            Action::Model(_, command) => Some(command),
            Action::Window(_) => None,
        };
        std::mem::take(&mut self.actions).into_iter().filter_map(model).collect()
    }
}

/// A window of `width` × `height` points with just the panel.
pub(crate) fn harness(bench: Bench, width: f32, height: f32) -> Harness<'static, Bench> {
    let theme = bench.theme.clone();
    let mut applied = false;
    let mut builder =
        Harness::builder().with_size([width, height]).with_max_steps(20).with_step_dt(1.0 / 60.0);
    if has_adapter() {
        builder = builder.wgpu();
    }
    let mut harness = builder.build_ui_state(
        move |ui, bench: &mut Bench| {
            if !std::mem::replace(&mut applied, true) {
                theme.apply(ui.ctx());
            }
            bench.frame(ui);
        },
        bench,
    );
    harness.run_steps(3);
    harness
}

/// Whether anything can draw here.
pub(crate) fn has_adapter() -> bool {
    static FOUND: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *FOUND.get_or_init(|| {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        !pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all())).is_empty()
    })
}

/// A `.npy` file of `(frames, height, width)` samples of type `descr` (such as `<u2`).
pub(crate) fn npy(descr: &str, shape: &[usize], samples: &[u8]) -> Vec<u8> {
    let dims: Vec<String> = shape.iter().map(ToString::to_string).collect();
    let mut header =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({},), }}", dims.join(", "));
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((header.len() as u16).to_le_bytes());
    out.extend(header.as_bytes());
    out.extend(samples);
    out
}

/// A glow that flickers over a noisy ground: 16-bit, 12 of them used.
pub(crate) fn sparks(frames: usize, height: usize, width: usize) -> Vec<u8> {
    let mut seed = 1_u64;
    let mut noise = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 40) as f64 / f64::from(1 << 24)
    };
    let mut samples = Vec::with_capacity(frames * height * width * 2);
    for t in 0..frames {
        let glow =
            1500.0 * (0.55 + 0.45 * (t as f64 / 9.0).sin()) * (-((t as f64 - 90.0) / 80.0).powi(2)).exp();
        for y in 0..height {
            for x in 0..width {
                let (dx, dy) = (x as f64 / width as f64 - 0.5, y as f64 / height as f64 - 0.5);
                let value = 200.0 + 60.0 * noise() + glow * (-(dx * dx + dy * dy) * 14.0).exp();
                samples.extend((value.min(4095.0) as u16).to_le_bytes());
            }
        }
    }
    npy("<u2", &[frames, height, width], &samples)
}

/// A folder of twelve frames, two of them damaged, beside files of another kind.
pub(crate) fn broken_series(folder: &Path) -> PathBuf {
    let series = folder.join("run7");
    std::fs::create_dir(&series).expect("folder");
    for frame in 0..24_u8 {
        let samples: Vec<u8> = (0..20 * 30).map(|i| (i % 30) as u8 + 3 * frame).collect();
        let mut file = npy("|u1", &[20, 30], &samples);
        if frame == 5 || frame == 16 {
            file.truncate(150);
        }
        std::fs::write(series.join(format!("img_{frame:04}.npy")), file).expect("written");
    }
    std::fs::write(series.join("readme.txt"), "notes").expect("written");
    series
}

/// Presses at one place, moves to another in steps, and lets go.
pub(crate) fn drag(harness: &mut Harness<'_, Bench>, from: egui::Pos2, to: egui::Pos2) {
    harness.hover_at(from);
    harness.run_steps(2);
    harness.drag_at(from);
    harness.run_steps(2);
    for step in 1..=6_u8 {
        harness.hover_at(from + (to - from) * f32::from(step) / 6.0);
        harness.run_steps(1);
    }
    harness.drop_at(to);
    harness.run_steps(3);
}

#[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
fn skipped(name: &str) {
    eprintln!("skipped: no graphics adapter for the picture {name}");
}

/// Compares with the picture kept under that name.
pub(crate) fn snapshot(harness: &mut Harness<'_, Bench>, name: &str) {
    if has_adapter() {
        harness.snapshot(name);
    } else {
        skipped(name);
    }
}
