//! The application: one frame at a time.

use std::any::Any;
use std::sync::Arc;

use blitz_core::Stack;
use blitz_draw::ChannelView;
use blitz_gpu::{FrameImage, Shown};
use blitz_model::document::Edit;
use blitz_model::evaluate::Picture;
use blitz_model::recipe::{Load, Rate, Recipe};
use blitz_model::session::{Command, CurveReply, PictureReply, RecordingId, Session};
use egui_tiles::Tree;

use crate::WindowOptions;
use crate::cx::{Action, Cx, PanelKind, Replies, ViewState};
use crate::layout::{self, Behavior};
use crate::panels::Panels;
use crate::shell::{self, Shell};
use crate::theme::Theme;

/// The window without the window: state, and [`App::update`], which draws one frame and carries out what was
/// asked for in it.
pub struct App {
    pub(crate) session: Session,
    pub(crate) theme: Theme,
    pub(crate) view: ViewState,
    pub(crate) tree: Tree<PanelKind>,
    pub(crate) shell: Shell,
    panels: Panels,
    /// The theme that egui has been told.
    applied: Option<bool>,
    first: FirstSteps,
    clock: Clock,
    title: Option<String>,
    /// What was drawn last.
    drawn: Drawn,
}

/// What is done once the recording that was asked for at the start, or the demo, is open.
#[derive(Default)]
pub(crate) struct FirstSteps {
    pub(crate) recipe: Option<Recipe>,
    pub(crate) frame: Option<usize>,
    pub(crate) rate: Option<Rate>,
    /// The recording that was shown when the opening was asked for.
    pub(crate) before: Option<RecordingId>,
    on_first_picture: Option<Box<dyn FnOnce() + Send>>,
}

/// Times of the last frame, in seconds since the start.
#[derive(Default)]
struct Clock {
    now: f64,
    /// When playing was last advanced; `None` while it stands.
    played: Option<f64>,
    /// Since when the picture shown is not the one asked for.
    waiting_since: Option<f64>,
}

/// What panels wanted of the focused view in the last frame.
struct Drawn {
    picture: PictureReply,
    curves: Vec<CurveReply>,
}

/// Seconds between frames while progress is shown.
const PROGRESS_EVERY: f32 = 0.1;

/// Makes of a picture what the GPU draws; runs on a worker.
fn prepare(picture: &Picture, stack: &Stack) -> Arc<dyn Any + Send + Sync> {
    let shown = match ChannelView::of(&stack.channels, picture.shape.channels, None) {
        Ok(ChannelView::Rgb) => Shown::Rgb,
        Ok(ChannelView::Mapped(channel)) => Shown::Channel(channel),
        Err(_) => Shown::Channel(0),
    };
    Arc::new(FrameImage::new(picture.samples.as_ref(), picture.shape, shown, picture.valid().as_ref()))
}

impl App {
    /// The application, opening what the options say.
    pub fn new(ctx: &egui::Context, options: WindowOptions) -> Self {
        let WindowOptions {
            paths,
            load,
            recipe,
            max_ram,
            if_too_big,
            disk_cache,
            start_frame,
            on_first_picture,
        } = options;
        Theme::install_fonts(ctx);
        let repaint = ctx.clone();
        let session = Session::new(Arc::new(move || repaint.request_repaint()), Arc::new(prepare), max_ram)
            .with_disk_cache(if_too_big, disk_cache);
        let mut app = Self {
            session,
            theme: Theme::dark(),
            view: ViewState::default(),
            tree: layout::default_tree(),
            shell: Shell::new(),
            panels: Panels::default(),
            applied: None,
            first: FirstSteps { recipe, frame: start_frame, on_first_picture, ..FirstSteps::default() },
            clock: Clock::default(),
            title: None,
            drawn: Drawn { picture: PictureReply::NONE, curves: Vec::new() },
        };
        if paths.is_empty() {
            (app.first.recipe, app.first.frame) = (None, None);
        } else {
            app.session.execute(Command::Open { paths, load, in_addition: false });
        }
        app
    }

    /// Takes layout and theme from the window's settings.
    #[must_use]
    pub fn with_storage(mut self, storage: Option<&dyn eframe::Storage>) -> Self {
        let get = |key| storage.and_then(|s| s.get_string(key));
        if let Some(tree) = get("layout").and_then(|text| layout::from_text(&text)) {
            self.tree = tree;
        }
        self.set_dark(get("theme").as_deref() != Some("light"));
        self
    }

    /// Whether Esc belongs to what goes on in the picture.
    pub(crate) fn panels_busy(&self) -> bool {
        self.panels.image.is_busy()
    }

    /// Dark or light.
    #[must_use]
    pub fn with_theme(mut self, dark: bool) -> Self {
        self.set_dark(dark);
        self
    }

    pub(crate) fn set_dark(&mut self, dark: bool) {
        self.theme = Theme::of(dark);
    }

    pub(crate) fn store(&self, storage: &mut dyn eframe::Storage) {
        if let Some(text) = layout::to_text(&self.tree) {
            storage.set_string("layout", text);
        }
        storage.set_string("theme", if self.theme.dark { "dark" } else { "light" }.into());
    }

    /// The program behind the window.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The picture that was drawn last.
    pub fn picture(&self) -> &PictureReply {
        &self.drawn.picture
    }

    /// The curves that were drawn last, one per zone.
    pub fn curves(&self) -> &[CurveReply] {
        &self.drawn.curves
    }

    /// Whether everything that was asked for is there: nothing loads, runs or is to be computed.
    pub fn is_settled(&self) -> bool {
        let Drawn { picture, curves } = &self.drawn;
        let shown = picture.current || picture.error.is_some();
        // Nothing but the picture's error comes of a step that fails.
        let fails = picture.fault.is_some();
        let empty = self.session.current().is_none();
        let curves = fails || curves.iter().all(|c| c.current && !c.preliminary);
        !self.session.is_busy()
            && self.session.opening_path().is_none()
            && !self.first.is_waiting()
            && (empty || shown && curves)
    }

    /// Draws one frame.
    pub fn update(&mut self, ui: &mut egui::Ui) {
        let ctx = ui.ctx().clone();
        if self.applied != Some(self.theme.dark) {
            self.theme.apply(&ctx);
            self.applied = Some(self.theme.dark);
            // The root was styled before the theme was known; the next frame has the right colours.
            ui.set_style(ctx.global_style());
        }
        let last_gesture = std::mem::take(&mut self.view.gesture);
        self.session.poll();
        self.after_opening();
        self.advance(&ctx);
        self.wait();

        let mut actions = Vec::new();
        shell::keys(self, &ctx, &mut actions);
        self.draw(ui, &mut actions);
        self.session.drop_unwanted();
        let acted = !actions.is_empty();
        shell::execute(self, &ctx, actions);
        shell::receive(self);
        // A click is a step of its own, a drag is one from its start to its end.
        if !self.view.gesture && (acted || last_gesture) {
            self.session.execute(Command::EndGesture);
        }
        if acted {
            ctx.request_repaint();
        }
        if self.session.is_busy() || self.session.opening_path().is_some() {
            ctx.request_repaint_after_secs(PROGRESS_EVERY);
        }
        self.set_title(&ctx);
        if self.drawn.picture.current
            && let Some(call) = self.first.on_first_picture.take()
        {
            call();
        }
    }

    fn draw(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let replies = Replies::new(&self.session, self.session.focused());
        let mut cx = Cx {
            session: &self.session,
            replies: &replies,
            theme: &self.theme,
            view: &mut self.view,
            actions,
        };
        self.shell.bars(ui, &mut cx);
        let frame = egui::Frame::new().fill(self.theme.frame);
        egui::CentralPanel::no_frame().frame(frame).show(ui, |ui| {
            if cx.recording().is_some() {
                self.tree.ui(&mut Behavior { panels: &mut self.panels, cx: &mut cx }, ui);
            } else {
                self.shell.empty(ui, &mut cx);
            }
        });
        self.shell.dialogs(ui.ctx(), &mut cx);
        let (picture, curves) = replies.wanted();
        self.drawn =
            Drawn { picture: picture.unwrap_or(PictureReply::NONE), curves: curves.unwrap_or_default() };
    }

    /// Calls `f` with what a panel is given, outside of drawing.
    pub(crate) fn with_cx<T>(&mut self, f: impl FnOnce(&Cx<'_>) -> T) -> T {
        let replies = Replies::new(&self.session, self.session.focused());
        let (view, actions) = (&mut self.view, &mut Vec::new());
        f(&Cx { session: &self.session, replies: &replies, theme: &self.theme, view, actions })
    }

    /// The stack frame that the focused view shows.
    pub(crate) fn frame(&self) -> usize {
        self.session.view(self.session.focused()).map_or(0, |view| view.playhead().frame)
    }

    /// Lets a playing recording play.
    fn advance(&mut self, ctx: &egui::Context) {
        let now = ctx.input(|i| i.time);
        let elapsed = self.clock.played.map_or(0.0, |last| now - last);
        let next = self.session.advance_playback(elapsed);
        self.clock.played = next.is_some().then_some(now);
        self.clock.now = now;
        if let Some(seconds) = next {
            ctx.request_repaint_after_secs(seconds as f32);
        }
    }

    /// Notes how long the picture asked for has not been there.
    fn wait(&mut self) {
        if self.session.current().is_none() {
            self.clock.waiting_since = None;
            (self.view.hover, self.view.last_hover) = (None, None);
            return;
        }
        if self.drawn.picture.current || self.drawn.picture.error.is_some() {
            self.clock.waiting_since = None;
        } else {
            self.clock.waiting_since.get_or_insert(self.clock.now);
        }
        self.view.waiting = self.clock.waiting_since.map_or(0.0, |since| self.clock.now - since);
    }

    /// What is to be done with a recording as soon as it is there.
    fn after_opening(&mut self) {
        let Some(recording) = self.session.current() else { return };
        let is_old = Some(recording.id()) == self.first.before;
        if !self.first.is_waiting() || is_old || !recording.is_whole() {
            return;
        }
        let stack = recording.stack().clone();
        let (load, zones) = (recording.recipe().load.clone(), recording.recipe().zones.clone());
        if let Some(mut recipe) = self.first.recipe.take() {
            recipe.load = load;
            if recipe.zones.is_empty() {
                recipe.zones = zones;
            }
            self.session.execute(Command::Edit(Edit::Recipe(Box::new(recipe))));
        }
        if let Some(rate) = self.first.rate.take() {
            self.session.execute(Command::Edit(Edit::Rate(Some(rate))));
        }
        if let Some(frame) = self.first.frame.take() {
            self.session.execute(Command::Seek(stack.frames.nearest(frame, stack.shape().frames)));
        }
        self.session.execute(Command::EndGesture);
    }

    /// Opens the demo recording that has been written.
    pub(crate) fn open_demo(&mut self, folder: std::path::PathBuf) {
        self.first.before = self.session.current().map(blitz_model::session::Recording::id);
        self.first.rate = Some(Rate::Fps(blitz_model::demo::RATE.to_string()));
        self.session.execute(Command::Open {
            paths: vec![folder],
            load: Load::default(),
            in_addition: false,
        });
    }

    fn set_title(&mut self, ctx: &egui::Context) {
        let title = shell::title(self.session.current().map(|r| r.stack().name.as_str()));
        if self.title.as_ref() != Some(&title) {
            ctx.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = Some(title);
        }
    }
}

impl FirstSteps {
    fn is_waiting(&self) -> bool {
        self.recipe.is_some() || self.frame.is_some() || self.rate.is_some()
    }
}
