//! What panels and bars share: icons, fields, values as text, heads of sections, dialogs.

pub(crate) mod fields;
pub(crate) mod icons;
pub(crate) mod modal;
pub(crate) mod section;
pub(crate) mod values;
