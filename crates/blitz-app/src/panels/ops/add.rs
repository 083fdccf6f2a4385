//! Steps that can be added, with defaults that do something at once.

use blitz_model::Method;
use blitz_model::recipe::{Filter, Guard, Reference, StepKind};
use blitz_model::session::Recording;
use egui::{Button, Ui};

use super::chosen_range;
use crate::cx::{Cx, UiAction};

/// A step to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Subtract,
    Divide,
    FlatField,
    Relative,
    SmoothTime,
    Smooth,
    Limits,
    Zone,
    Mask,
}

/// What is offered where there are no steps yet.
pub(super) const COMMON: [Choice; 5] =
    [Choice::Subtract, Choice::Divide, Choice::Relative, Choice::SmoothTime, Choice::Smooth];

/// All, in groups.
const GROUPS: [&[Choice]; 3] = [
    &[Choice::Subtract, Choice::Divide, Choice::FlatField, Choice::Relative],
    &[Choice::SmoothTime, Choice::Smooth],
    &[Choice::Limits, Choice::Zone, Choice::Mask],
];

impl Choice {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Subtract => "Subtract",
            Self::Divide => "Divide",
            Self::FlatField => "Flat field",
            Self::Relative => "Relative change",
            Self::SmoothTime => "Smooth over time",
            Self::Smooth => "Smooth in space",
            Self::Limits => "Limits",
            Self::Zone => "Zone mask",
            Self::Mask => "Mask file…",
        }
    }

    pub(super) const fn hint(self) -> &'static str {
        match self {
            Self::Subtract => "Take a reference away: v − R. Starts with the mean of the timeline's range",
            Self::Divide => "Divide by a reference: v / R. Starts with the mean of the timeline's range",
            Self::FlatField => "(v − dark) / (flat − dark): evens out light and sensor",
            Self::Relative => "(v − R) / R: how much each value differs from a reference, as a share of it",
            Self::SmoothTime => "Gaussian, mean or median over neighbouring frames",
            Self::Smooth => "Gaussian, mean or median over neighbouring pixels",
            Self::Limits => "Values outside become missing. Starts with the levels shown",
            Self::Zone => "Pixels outside a zone become missing",
            Self::Mask => "Pixels where a picture is 0 become missing",
        }
    }

    /// The step with its defaults; `None` where something is to be chosen first.
    pub(super) fn kind(self, cx: &Cx<'_>, recording: &Recording) -> Option<StepKind> {
        let reference = || Reference::Range { method: Method::Mean, range: chosen_range(cx, recording) };
        let guard = Guard::default();
        Some(match self {
            Self::Subtract => StepKind::Subtract { reference: reference(), amount: 1.0 },
            Self::Divide => {
                StepKind::Divide { reference: reference(), amount: 1.0, normalised: false, guard }
            }
            Self::FlatField => {
                StepKind::FlatField { flat: reference(), dark: None, flat_dark: None, gain: true, guard }
            }
            Self::Relative => StepKind::Relative { reference: reference(), guard },
            Self::SmoothTime => StepKind::SmoothTime(Filter::Gaussian(2.0)),
            Self::Smooth => StepKind::Smooth(Filter::Gaussian(1.5)),
            Self::Limits => {
                let levels = cx.levels().filter(|l| l.lo < l.hi)?;
                StepKind::Limits { lo: Some(levels.lo), hi: Some(levels.hi) }
            }
            Self::Zone => {
                let zones = &recording.recipe().zones;
                let zone = recording.state().selected_zone.and_then(|i| zones.get(i)).or(zones.first())?;
                StepKind::ZoneMask(zone.name.clone())
            }
            Self::Mask => return None,
        })
    }

    /// Why the step cannot be added now.
    const fn missing(self) -> &'static str {
        match self {
            Self::Zone => "There is no zone: draw one on the picture first",
            _ => "There are no levels yet: wait for the picture",
        }
    }
}

/// The menu's lines; the step chosen.
pub(super) fn menu(ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) -> Option<StepKind> {
    let mut chosen = None;
    for (i, group) in GROUPS.into_iter().enumerate() {
        if i > 0 {
            ui.separator();
        }
        for choice in group {
            let kind = choice.kind(cx, recording);
            let can = kind.is_some() || *choice == Choice::Mask;
            let button = Button::new(choice.name()).wrap_mode(egui::TextWrapMode::Extend);
            let button = ui.add_enabled(can, button).on_hover_text(choice.hint());
            if button.on_disabled_hover_text(choice.missing()).clicked() {
                if *choice == Choice::Mask {
                    cx.ask(UiAction::AddMask);
                }
                chosen = kind;
                ui.close();
            }
        }
    }
    chosen
}
