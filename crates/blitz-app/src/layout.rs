//! Where the panels are: a tree of tiles that a person can rearrange.

use egui::{Color32, Stroke, Visuals, WidgetText};
use egui_tiles::{
    Container, Linear, LinearDir, SimplificationOptions, TabState, Tile, TileId, Tiles, Tree, UiResponse,
};

use crate::cx::Cx;
use crate::panels::Panels;
use crate::view::PanelKind;

/// The panels where they are at first: the picture, beside it levels and steps over facts, the timeline below.
pub(crate) fn default_tree() -> Tree<PanelKind> {
    let mut tiles = Tiles::default();
    let mut pane = |kind| {
        let pane = tiles.insert_pane(kind);
        (pane, tiles.insert_tab_tile(vec![pane]))
    };
    let (_, image) = pane(PanelKind::Image);
    let (_, timeline) = pane(PanelKind::Timeline);
    let levels = [PanelKind::Levels, PanelKind::Ops].map(|kind| tiles.insert_pane(kind));
    let levels = tiles.insert_tab_tile(levels.to_vec());
    let facts = [PanelKind::Probe, PanelKind::Info, PanelKind::Log].map(|kind| tiles.insert_pane(kind));
    let facts = tiles.insert_tab_tile(facts.to_vec());
    let mut split = |dir, children: [TileId; 2], fraction| {
        tiles.insert_container(Container::Linear(Linear::new_binary(dir, children, fraction)))
    };
    let side = split(LinearDir::Vertical, [levels, facts], 0.6);
    let upper = split(LinearDir::Horizontal, [image, side], 0.735);
    let root = split(LinearDir::Vertical, [upper, timeline], 0.67);
    Tree::new(egui::Id::unique("panels"), root, tiles)
}

/// The tree as text for the settings.
pub(crate) fn to_text(tree: &Tree<PanelKind>) -> Option<String> {
    serde_json::to_string(tree).ok()
}

/// The tree from the settings, if it still has every panel once.
pub(crate) fn from_text(text: &str) -> Option<Tree<PanelKind>> {
    let tree: Tree<PanelKind> = serde_json::from_str(text).ok()?;
    let count = |kind: &PanelKind| {
        tree.tiles.tiles().filter(|tile| matches!(tile, Tile::Pane(pane) if pane == kind)).count()
    };
    PanelKind::ALL.iter().all(|kind| count(kind) == 1).then_some(tree)
}

/// Brings a panel to the front of its tabs.
pub(crate) fn focus(tree: &mut Tree<PanelKind>, kind: PanelKind) {
    tree.make_active(|_, tile| matches!(tile, Tile::Pane(pane) if *pane == kind));
}

impl PanelKind {
    /// Every panel.
    pub const ALL: [Self; 7] =
        [Self::Image, Self::Levels, Self::Ops, Self::Timeline, Self::Info, Self::Probe, Self::Log];

    /// Name on the tab and in the menu.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Image => "Image",
            Self::Levels => "Levels",
            Self::Ops => "Ops",
            Self::Timeline => "Timeline",
            Self::Info => "Info",
            Self::Probe => "Probe",
            Self::Log => "Log",
        }
    }
}

/// Draws the panels into their tiles.
pub(crate) struct Behavior<'a, 'b> {
    pub(crate) panels: &'a mut Panels,
    pub(crate) cx: &'a mut Cx<'b>,
}

impl egui_tiles::Behavior<PanelKind> for Behavior<'_, '_> {
    fn pane_ui(&mut self, ui: &mut egui::Ui, _tile: TileId, pane: &mut PanelKind) -> UiResponse {
        let theme = self.cx.theme;
        let frame = match pane {
            PanelKind::Image => egui::Frame::new().fill(theme.panel),
            _ => theme.panel_frame(),
        };
        frame.show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            match pane {
                PanelKind::Image => self.panels.image.ui(ui, self.cx),
                PanelKind::Levels => self.panels.levels.ui(ui, self.cx),
                PanelKind::Ops => self.panels.ops.ui(ui, self.cx),
                PanelKind::Timeline => self.panels.timeline.ui(ui, self.cx),
                PanelKind::Info => self.panels.info.ui(ui, self.cx),
                PanelKind::Probe => self.panels.probe.ui(ui, self.cx),
                PanelKind::Log => self.panels.log.ui(ui, self.cx),
            }
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &PanelKind) -> WidgetText {
        pane.title().into()
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        3.0
    }

    fn min_size(&self) -> f32 {
        90.0
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        25.0
    }

    fn tab_title_spacing(&self, _visuals: &Visuals) -> f32 {
        10.0
    }

    fn tab_bar_color(&self, _visuals: &Visuals) -> Color32 {
        self.cx.theme.frame
    }

    fn tab_bg_color(&self, _: &Visuals, _: &Tiles<PanelKind>, _: TileId, state: &TabState) -> Color32 {
        if state.active { self.cx.theme.panel } else { Color32::TRANSPARENT }
    }

    fn tab_text_color(&self, _: &Visuals, _: &Tiles<PanelKind>, _: TileId, state: &TabState) -> Color32 {
        if state.active { self.cx.theme.strong } else { self.cx.theme.weak }
    }

    fn tab_outline_stroke(&self, _: &Visuals, _: &Tiles<PanelKind>, _: TileId, _: &TabState) -> Stroke {
        Stroke::NONE
    }

    fn tab_bar_hline_stroke(&self, _visuals: &Visuals) -> Stroke {
        Stroke::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_survives_the_settings() {
        let tree = default_tree();
        let text = to_text(&tree).expect("text");
        assert!(from_text(&text).is_some());
        assert!(from_text(&text.replace("\"Log\"", "\"Probe\"")).is_none(), "a panel is missing");
        assert!(from_text("{").is_none());
    }
}
