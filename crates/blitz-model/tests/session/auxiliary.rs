//! Curves recorded beside a recording: read by the engine, again when their file is rewritten, undone.

use blitz_model::document::{AuxiliaryEdit, Edit};
use blitz_model::recipe::{Auxiliary, Rate};
use blitz_model::session::{Command, Session};

use crate::{edit, open, recording, session, until};

#[test]
fn curves_follow_their_file_and_the_document() {
    beside(session(None));
}

/// The value at frame 2 of the first curve of an entry; `None` while there is no answer to the question asked now.
fn value(session: &Session, index: usize) -> Option<f64> {
    let replies = session.auxiliary(session.focused());
    let reply = &replies.get(index)?.reply;
    Some(reply.value.as_ref().filter(|_| reply.is_current())?.curves[0].on_frames[2])
}

fn wait_for(session: &mut Session, index: usize, expected: f64) {
    until(session, "a curve", |s| value(s, index) == Some(expected));
}

pub(crate) fn beside(mut session: Session) {
    let dir = recording(5);
    open(&mut session, dir.path().to_owned());
    let file = dir.path().join("diode.csv");
    std::fs::write(&file, "time_s,x\n0,10\n1,20\n").expect("written");
    let curves = vec![Auxiliary::new(&file), Auxiliary::new(dir.path().join("gone.csv"))];
    edit(&mut session, Edit::Auxiliary(AuxiliaryEdit::Add(curves)));
    // No rate: frame 2 lies behind the last sample, at "1".
    until(&mut session, "a curve", |s| value(s, 0).is_some_and(f64::is_nan));
    edit(&mut session, Edit::Rate(Some(Rate::Fps("10".into()))));
    wait_for(&mut session, 0, 12.0);
    // The one that is not there says so, and keeps nothing else from being shown.
    until(&mut session, "a failure", |s| {
        let replies = s.auxiliary(s.focused());
        replies[1].reply.failure().is_some_and(|failure| failure.message.contains("gone.csv"))
    });
    assert_eq!(value(&session, 0), Some(12.0));

    // Times of another size, so that the file is seen to be another whatever its clock is.
    std::fs::write(&file, "time_s,x\n0,100\n1.0,200\n").expect("written");
    wait_for(&mut session, 0, 120.0);
    let hidden = Auxiliary { hidden: true, scale: -1.0, ..Auxiliary::new(&file) };
    edit(&mut session, Edit::Auxiliary(AuxiliaryEdit::Change(0, Box::new(hidden))));
    until(&mut session, "nothing", |s| value(s, 0).is_none());
    session.execute(Command::Undo);
    wait_for(&mut session, 0, 120.0);
    edit(&mut session, Edit::Auxiliary(AuxiliaryEdit::Remove(0)));
    assert_eq!(session.auxiliary(session.focused()).len(), 1);
    assert_eq!(session.current().expect("open").history().undo_label(), Some("remove curve diode.csv"));
}
