//! A command as a row: what it is called, its keys, when it is available and why not, what it does.

use std::borrow::Cow;

use blitz_model::session::{Command, Recording, Session, ViewId};
use egui::{Context, Key, KeyboardShortcut, Modifiers};

use crate::cx::{Action, Cx};
use crate::state::{State, Task};
use crate::view::ViewState;

/// Ctrl, or Cmd on macOS.
pub(crate) const COMMAND: Modifiers = Modifiers::COMMAND;
/// Ctrl+Shift, or Cmd+Shift on macOS.
pub(crate) const SHIFT_COMMAND: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };
/// No modifier.
pub(crate) const PLAIN: Modifiers = Modifiers::NONE;

/// Why most commands are not available.
pub(crate) const NOTHING_OPEN: &str = "No recording is open";

/// A command for people: rows of the menus, the palette, the page of keys, and buttons are made from it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Names it for ever, such as `open.files`.
    pub(crate) id: Cow<'static, str>,
    /// What menus and the palette show.
    pub(crate) text: Cow<'static, str>,
    /// What it does, in a line.
    pub(crate) tooltip: Cow<'static, str>,
    /// Its keys; menus show the first.
    pub(crate) keys: Vec<KeyboardShortcut>,
    /// Held keys do it again and again.
    pub(crate) repeats: bool,
    /// For one of several: whether it is the one that holds.
    pub(crate) radio: Option<bool>,
    /// Why it is not available; `None` while it is.
    pub(crate) unavailable: Option<&'static str>,
    pub(crate) action: Action,
}

impl Row {
    fn new(
        id: impl Into<Cow<'static, str>>,
        text: impl Into<Cow<'static, str>>,
        tooltip: impl Into<Cow<'static, str>>,
        action: Action,
    ) -> Self {
        Self {
            id: id.into(),
            text: text.into(),
            tooltip: tooltip.into(),
            keys: Vec::new(),
            repeats: false,
            radio: None,
            unavailable: None,
            action,
        }
    }

    /// A command that the model carries out.
    pub(crate) fn send(
        id: impl Into<Cow<'static, str>>,
        text: impl Into<Cow<'static, str>>,
        tooltip: impl Into<Cow<'static, str>>,
        now: &Now<'_>,
        command: Command,
    ) -> Self {
        Self::new(id, text, tooltip, Action::Model(now.at, command))
    }

    /// A command that the window carries out.
    pub(crate) fn window(
        id: impl Into<Cow<'static, str>>,
        text: impl Into<Cow<'static, str>>,
        tooltip: impl Into<Cow<'static, str>>,
        act: impl Fn(&mut State, &Context) + 'static,
    ) -> Self {
        let id = id.into();
        Self::new(id.clone(), text, tooltip, Action::Window(Task::new(id, act)))
    }

    /// With a further key.
    pub(crate) fn key(mut self, modifiers: Modifiers, key: Key) -> Self {
        self.keys.push(KeyboardShortcut::new(modifiers, key));
        self
    }

    /// Done again while its key is held.
    pub(crate) fn repeating(mut self) -> Self {
        self.repeats = true;
        self
    }

    /// One of several.
    pub(crate) fn radio(mut self, on: bool) -> Self {
        self.radio = Some(on);
        self
    }

    /// Available only where `holds`; otherwise `reason` says why not. The first reason that is given stays.
    pub(crate) fn needs(mut self, holds: bool, reason: &'static str) -> Self {
        if !holds && self.unavailable.is_none() {
            self.unavailable = Some(reason);
        }
        self
    }

    /// The first key as text, such as `Ctrl+Shift+Z`; empty where there is none.
    pub(crate) fn key_text(&self) -> String {
        self.keys.first().copied().map(key_text).unwrap_or_default()
    }

    /// What a tooltip of a button says: what it does, with the key.
    pub(crate) fn hint(&self) -> String {
        match self.keys.first() {
            Some(key) => format!("{} ({})", self.tooltip, key_text(*key)),
            None => self.tooltip.clone().into_owned(),
        }
    }
}

/// A shortcut as people write it on this platform.
pub(crate) fn key_text(shortcut: KeyboardShortcut) -> String {
    let mac = cfg!(target_os = "macos");
    let Modifiers { alt, ctrl, shift, mac_cmd, command } = shortcut.modifiers;
    let mut parts = Vec::new();
    if command || ctrl || mac_cmd {
        parts.push(if mac && !ctrl { "Cmd" } else { "Ctrl" });
    }
    if alt {
        parts.push(if mac { "Option" } else { "Alt" });
    }
    if shift {
        parts.push("Shift");
    }
    parts.push(match shortcut.logical_key {
        Key::ArrowLeft => "←",
        Key::ArrowRight => "→",
        Key::ArrowUp => "↑",
        Key::ArrowDown => "↓",
        Key::PageUp => "Page up",
        Key::PageDown => "Page down",
        Key::Delete => "Del",
        Key::Escape => "Esc",
        other => other.name(),
    });
    parts.join("+")
}

/// What the rows are made from: the state of the window at this moment.
pub(crate) struct Now<'a> {
    pub(crate) session: &'a Session,
    /// The view that commands work with.
    pub(crate) at: ViewId,
    pub(crate) view: &'a ViewState,
    /// Whether the picture that is shown is the one asked for.
    pub(crate) picture_is_current: bool,
    pub(crate) dark: bool,
}

impl<'a> Now<'a> {
    pub(crate) fn of(cx: &'a Cx<'_>) -> Self {
        Self {
            session: cx.session,
            at: cx.at(),
            view: cx.view,
            picture_is_current: cx.picture().current && cx.picture().shown.is_some(),
            dark: cx.theme.dark,
        }
    }

    pub(crate) fn of_state(state: &'a State) -> Self {
        let at = state.session.focused();
        let picture = state.session.picture(at);
        Self {
            session: &state.session,
            at,
            view: &state.view,
            picture_is_current: picture.current && picture.shown.is_some(),
            dark: state.theme.dark,
        }
    }

    /// The recording that the view shows.
    pub(crate) fn recording(&self) -> Option<&'a Recording> {
        self.session.shown(self.at)
    }

    /// Whether a recording is open.
    pub(crate) fn is_open(&self) -> bool {
        self.recording().is_some()
    }
}
