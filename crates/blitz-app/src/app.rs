//! The application: one frame at a time.

use std::any::Any;
use std::sync::Arc;

use blitz_core::Stack;
use blitz_draw::ChannelView;
use blitz_gpu::{FrameImage, Shown};
use blitz_model::broker::Broker;
use blitz_model::document::Edit;
use blitz_model::engine::Local;
use blitz_model::evaluate::Picture;
use blitz_model::load::budget_bytes;
use blitz_model::session::{Command, CurveReply, PictureReply, Recording, Session};
use egui_tiles::Tree;

use crate::commands::row::Now;
use crate::cx::{Action, Cx};
use crate::layout::{self, Behavior, Pane, Panels};
use crate::options::WindowOptions;
use crate::replies::Replies;
use crate::shell::{self, Shell};
use crate::state::{Dialogs, FirstSteps, Mailbox, State};
use crate::theme::Theme;
use crate::view::{LayoutRequest, ViewState};

/// The window without the window: state, and [`App::update`], which draws one frame and carries out what was
/// asked for in it.
pub struct App {
    state: State,
    tree: Tree<Pane>,
    shell: Shell,
    panels: Panels,
    /// The theme that egui has been told.
    applied: Option<bool>,
    clock: Clock,
    title: Option<String>,
    on_first_picture: Option<Box<dyn FnOnce() + Send>>,
    drawn: Drawn,
}

/// What panels wanted of the focused view in the last frame.
struct Drawn {
    picture: PictureReply,
    curves: Vec<CurveReply>,
}

/// Times of the last frame, in seconds since the start.
#[derive(Default)]
struct Clock {
    /// When playing was last advanced; `None` while it stands.
    played: Option<f64>,
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
            watch,
            start_frame,
            list,
            on_first_picture,
        } = options;
        Theme::install_fonts(ctx);
        let repaint = ctx.clone();
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || repaint.request_repaint());
        let broker = Broker::new(budget_bytes(max_ram));
        let engine = Local::new(Arc::clone(&wake), broker.clone()).listing(list);
        let session = Session::with_engine(Box::new(engine), broker, wake, Arc::new(prepare), max_ram)
            .with_disk_cache(if_too_big, disk_cache)
            .watching_folders(watch);
        let mut state = State {
            session,
            theme: Theme::dark(),
            view: ViewState::default(),
            first: FirstSteps::default(),
            dialogs: Dialogs::default(),
            mailbox: Mailbox::new(),
        };
        if !paths.is_empty() {
            state.first = FirstSteps { recipe, frame: start_frame, ..FirstSteps::default() };
            state.session.execute(Command::Open { paths, load, in_addition: false });
        }
        Self {
            state,
            tree: layout::default_tree(),
            shell: Shell::default(),
            panels: Panels::default(),
            applied: None,
            clock: Clock::default(),
            title: None,
            on_first_picture,
            drawn: Drawn { picture: PictureReply::NONE, curves: Vec::new() },
        }
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

    /// Dark or light.
    #[must_use]
    pub fn with_theme(mut self, dark: bool) -> Self {
        self.set_dark(dark);
        self
    }

    /// Shows a stack that another part of the program made, and may go on filling and dropping from.
    #[must_use]
    pub fn with_stack(mut self, stack: Stack) -> Self {
        self.state.session.show_stack(stack);
        self
    }

    fn set_dark(&mut self, dark: bool) {
        self.state.theme = Theme::of(dark);
    }

    pub(crate) fn store(&self, storage: &mut dyn eframe::Storage) {
        if let Some(text) = layout::to_text(&self.tree, &self.panels) {
            storage.set_string("layout", text);
        }
        storage.set_string("theme", if self.state.theme.dark { "dark" } else { "light" }.into());
    }

    /// Says how many bytes the pictures on the graphics card take.
    pub(crate) fn set_texture_bytes(&mut self, bytes: Option<u64>) {
        self.state.view.texture_bytes = bytes;
        self.state.session.note_textures(bytes.unwrap_or(0));
    }

    /// The program behind the window.
    pub fn session(&self) -> &Session {
        &self.state.session
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
        let empty = self.state.session.current().is_none();
        let curves = fails || curves.iter().all(|c| c.current && !c.preliminary);
        !self.state.session.is_busy()
            && self.state.session.opening_path().is_none()
            && !self.state.first.is_waiting()
            && (empty || shown && curves)
    }

    /// Draws one frame.
    pub fn update(&mut self, ui: &mut egui::Ui) {
        let ctx = ui.ctx().clone();
        if self.applied != Some(self.state.theme.dark) {
            self.state.theme.apply(&ctx);
            self.applied = Some(self.state.theme.dark);
            // The root was styled before the theme was known; the next frame has the right colours.
            ui.set_style(ctx.global_style());
        }
        let last_gesture = std::mem::take(&mut self.state.view.gesture);
        self.state.session.poll();
        self.after_opening();
        self.advance(&ctx);

        let mut actions = Vec::new();
        shell::keys(&Now::of_state(&self.state), &ctx, &mut actions);
        self.draw(ui, &mut actions);
        self.state.session.drop_unwanted();
        let acted = !actions.is_empty();
        self.execute(&ctx, actions);
        // A click is a step of its own, a drag is one from its start to its end.
        if !self.state.view.gesture && (acted || last_gesture) {
            self.state.session.execute(Command::EndGesture);
        }
        if acted {
            ctx.request_repaint();
        }
        let session = &self.state.session;
        if session.is_busy() || session.is_growing() || session.opening_path().is_some() {
            ctx.request_repaint_after_secs(PROGRESS_EVERY);
        }
        self.set_title(&ctx);
        let is_preview = self.state.session.current().is_some_and(Recording::is_preview);
        if (self.drawn.picture.current || is_preview && self.drawn.picture.shown.is_some())
            && let Some(call) = self.on_first_picture.take()
        {
            call();
        }
    }

    /// Carries out what the panels and keys asked for, in their order, then what other threads have sent; opens what
    /// was dropped.
    fn execute(&mut self, ctx: &egui::Context, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Model(view, command) => self.state.session.execute_in(view, command),
                Action::Window(task) => task.run(&mut self.state, ctx),
            }
        }
        let dropped = shell::dropped(ctx);
        if !dropped.is_empty() {
            shell::take_dropped(&mut self.state, dropped);
        }
        for act in self.state.mailbox.take() {
            act(&mut self.state, ctx);
        }
        match self.state.view.layout_request.take() {
            Some(LayoutRequest::Show(panel)) => layout::focus(&mut self.tree, panel),
            Some(LayoutRequest::Reset) => {
                // Its tiles have the names that those of the old one had.
                self.panels = Panels::default();
                self.tree = layout::default_tree();
            }
            None => {}
        }
    }

    fn draw(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let State { session, theme, view, dialogs, mailbox, .. } = &mut self.state;
        let (session, theme) = (&*session, &*theme);
        let replies = Replies::new(session, session.focused());
        layout::keep_views(&mut self.tree, session.views());
        view.forget_views(session);
        let mut cx = Cx { session, replies: &replies, theme, view, actions };
        self.shell.bars(ui, &mut cx);
        let frame = egui::Frame::new().fill(theme.frame);
        let (mut closed, mut again) = (Vec::new(), None);
        egui::CentralPanel::no_frame().frame(frame).show(ui, |ui| {
            if session.recordings().is_empty() {
                self.shell.empty(ui, &mut cx);
            } else {
                let panels = &mut self.panels;
                let mut behavior = Behavior { panels, cx: &mut cx, closed: Vec::new(), again: None };
                self.tree.ui(&mut behavior, ui);
                closed = behavior.closed;
                again = behavior.again;
            }
        });
        cx.view.holds_escape = self.panels.hold_escape();
        self.shell.dialogs(dialogs, mailbox, ui.ctx(), &mut cx);
        for tile in closed {
            self.tree.remove_recursively(tile);
        }
        if let Some(tile) = again {
            layout::show_again(&mut self.tree, tile, &self.panels);
        }
        self.panels.keep(&self.tree);
        let (picture, curves) = replies.wanted();
        let (picture, curves) = (picture.unwrap_or(PictureReply::NONE), curves.unwrap_or_default());
        self.drawn = Drawn { picture, curves };
    }

    /// Lets a playing recording play.
    fn advance(&mut self, ctx: &egui::Context) {
        let now = ctx.input(|i| i.time);
        let elapsed = self.clock.played.map_or(0.0, |last| now - last);
        let next = self.state.session.advance_playback(elapsed);
        self.clock.played = next.is_some().then_some(now);
        if let Some(seconds) = next {
            ctx.request_repaint_after_secs(seconds as f32);
        }
    }

    /// What is to be done with a recording as soon as it is there.
    fn after_opening(&mut self) {
        let Some(recording) = self.state.session.current() else { return };
        let is_old = Some(recording.id()) == self.state.first.before;
        if !self.state.first.is_waiting() || is_old || !recording.is_whole() {
            return;
        }
        let stack = recording.stack().clone();
        let (load, zones) = (recording.recipe().load.clone(), recording.recipe().zones.clone());
        if let Some(mut recipe) = self.state.first.recipe.take() {
            recipe.load = load;
            if recipe.zones.is_empty() {
                recipe.zones = zones;
            }
            self.state.session.execute(Command::Edit(Edit::Recipe(Box::new(recipe))));
        }
        if let Some(rate) = self.state.first.rate.take() {
            self.state.session.execute(Command::Edit(Edit::Rate(Some(rate))));
        }
        if let Some(frame) = self.state.first.frame.take() {
            self.state.session.execute(Command::Seek(stack.frames.nearest(frame, stack.shape().frames)));
        }
        self.state.session.execute(Command::EndGesture);
    }

    fn set_title(&mut self, ctx: &egui::Context) {
        let title = shell::title(self.state.session.current().map(|r| r.stack().name.as_str()));
        if self.title.as_ref() != Some(&title) {
            ctx.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = Some(title);
        }
    }
}
