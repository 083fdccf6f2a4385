//! Another program on the same X display: it presses keys and holds or reads the clipboard.

use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt, CreateWindowAux, EventMask, InputFocus, KEY_PRESS_EVENT,
    KEY_RELEASE_EVENT, MapState, PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent,
    SelectionRequestEvent, Window, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, CURRENT_TIME, NONE};

/// Key symbols of X by name.
const KEYS: [(&str, u32); 7] = [
    ("Escape", 0xff1b),
    ("Return", 0xff0d),
    ("Control_L", 0xffe3),
    ("a", 0x61),
    ("c", 0x63),
    ("l", 0x6c),
    ("v", 0x76),
];

/// A connection to the display with a window of its own, which is never shown.
pub(crate) struct Desktop {
    connection: RustConnection,
    root: Window,
    own: Window,
    /// What is offered while the clipboard is held.
    text: String,
    /// The answer to a question for the clipboard, where it has come; an error where there is no text.
    answer: Option<Result<Vec<u8>, &'static str>>,
}

impl Desktop {
    pub(crate) fn new(display: &str) -> Self {
        let (connection, screen) = x11rb::connect(Some(display)).expect("a connection");
        let root = connection.setup().roots[screen].root;
        let own = connection.generate_id().expect("an id");
        let window = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        let (class, visual) = (WindowClass::INPUT_OUTPUT, 0);
        connection
            .create_window(COPY_DEPTH_FROM_PARENT, own, root, 0, 0, 1, 1, 0, class, visual, &window)
            .expect("sent");
        connection.flush().expect("sent");
        Self { connection, root, own, text: String::new(), answer: None }
    }

    fn atom(&self, name: &str) -> Atom {
        self.connection.intern_atom(false, name.as_bytes()).expect("sent").reply().expect("an atom").atom
    }

    /// Windows that are shown, with their titles.
    fn windows(&self) -> Vec<(Window, String)> {
        let tree = self.connection.query_tree(self.root).expect("sent").reply().expect("windows");
        let title = |window| {
            let (name, utf8) = (self.atom("_NET_WM_NAME"), self.atom("UTF8_STRING"));
            let title = self.connection.get_property(false, window, name, utf8, 0, 1024).ok()?;
            String::from_utf8(title.reply().ok()?.value).ok()
        };
        let shown = |window: &Window| {
            let found = self.connection.get_window_attributes(*window).ok().and_then(|a| a.reply().ok());
            found.is_some_and(|a| a.map_state == MapState::VIEWABLE)
        };
        tree.children.into_iter().filter(shown).filter_map(|w| Some((w, title(w)?))).collect()
    }

    /// Whether there is a window of that title.
    pub(crate) fn has_window(&self, title: &str) -> bool {
        self.windows().iter().any(|(_, found)| found == title)
    }

    /// Gives the keyboard to the window of that title, if it is there.
    pub(crate) fn focus_window(&self, title: &str) -> bool {
        let Some((window, _)) = self.windows().into_iter().find(|(_, found)| found == title) else {
            return false;
        };
        let focus = self.connection.set_input_focus(InputFocus::PARENT, window, CURRENT_TIME).expect("sent");
        focus.check().is_ok()
    }

    /// Presses keys in their order and lets them go.
    pub(crate) fn press(&self, names: &[&str]) {
        let setup = self.connection.setup();
        let (least, most) = (setup.min_keycode, setup.max_keycode);
        let mapping = self.connection.get_keyboard_mapping(least, most - least + 1).expect("sent");
        let mapping = mapping.reply().expect("a keyboard");
        let code = |name: &str| {
            let symbol = KEYS.iter().find(|(key, _)| *key == name).expect("a key of the list").1;
            let symbols = mapping.keysyms.chunks(usize::from(mapping.keysyms_per_keycode));
            least + symbols.into_iter().position(|s| s.contains(&symbol)).expect("on the keyboard") as u8
        };
        let fake = |kind: u8, name: &str| {
            let sent = self.connection.xtest_fake_input(kind, code(name), CURRENT_TIME, self.root, 0, 0, 0);
            sent.expect("sent").check().expect("pressed");
        };
        for name in names {
            fake(KEY_PRESS_EVENT, name);
        }
        for name in names.iter().rev() {
            fake(KEY_RELEASE_EVENT, name);
        }
    }

    /// Takes the clipboard and offers a text.
    pub(crate) fn offer(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        let clipboard = self.atom("CLIPBOARD");
        let owner = self.connection.set_selection_owner(self.own, clipboard, CURRENT_TIME).expect("sent");
        owner.check().expect("taken");
    }

    /// Whether the clipboard is still this program's.
    pub(crate) fn owns_clipboard(&self) -> bool {
        let owner = self.connection.get_selection_owner(self.atom("CLIPBOARD")).expect("sent");
        owner.reply().expect("an owner").owner == self.own
    }

    /// The text that another program has on the clipboard; waits for it.
    ///
    /// # Panics
    /// If it has none.
    pub(crate) fn clipboard(&mut self) -> String {
        let (clipboard, utf8) = (self.atom("CLIPBOARD"), self.atom("UTF8_STRING"));
        let place = self.atom("BLITZ_TEST");
        self.answer = None;
        let asked =
            self.connection.convert_selection(self.own, clipboard, utf8, place, CURRENT_TIME).expect("sent");
        asked.check().expect("asked");
        while self.answer.is_none() {
            let event = self.connection.wait_for_event().expect("an event");
            self.take(&event);
        }
        let text = self.answer.take().expect("an answer").expect("a text");
        String::from_utf8(text).expect("UTF-8")
    }

    /// Answers what other programs ask, for a while.
    pub(crate) fn serve_for(&mut self, pause: Duration) {
        let start = Instant::now();
        while start.elapsed() < pause {
            while let Some(event) = self.connection.poll_for_event().expect("connected") {
                self.take(&event);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::SelectionRequest(request) => self.give(request),
            Event::SelectionNotify(notify) => {
                let found = if notify.property == NONE {
                    Err("the clipboard holds no text")
                } else {
                    let (own, place) = (self.own, notify.property);
                    let text = self.connection.get_property(true, own, place, AtomEnum::ANY, 0, u32::MAX / 4);
                    Ok(text.expect("sent").reply().expect("a text").value)
                };
                self.answer = Some(found);
            }
            _ => {}
        }
    }

    /// Gives the offered text, or says in which forms there is one.
    fn give(&self, request: &SelectionRequestEvent) {
        let (targets, utf8) = (self.atom("TARGETS"), self.atom("UTF8_STRING"));
        let property = if request.property == NONE { request.target } else { request.property };
        let window = request.requestor;
        let given = if request.target == targets {
            let forms = [targets, utf8];
            let kind = AtomEnum::ATOM;
            self.connection.change_property32(PropMode::REPLACE, window, property, kind, &forms).is_ok()
        } else if request.target == utf8 {
            let text = self.text.as_bytes();
            self.connection.change_property8(PropMode::REPLACE, window, property, utf8, text).is_ok()
        } else {
            false
        };
        let notify = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: window,
            selection: request.selection,
            target: request.target,
            property: if given { property } else { NONE },
        };
        self.connection.send_event(false, window, EventMask::NO_EVENT, notify).expect("sent");
        self.connection.flush().expect("sent");
    }
}
