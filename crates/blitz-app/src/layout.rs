//! Where the panels are: a tree of tiles that a person can rearrange.

use std::collections::HashMap;

use egui::{Color32, Stroke, Visuals, WidgetText};
use egui_tiles::{
    Container, Linear, LinearDir, SimplificationOptions, TabState, Tile, TileId, Tiles, Tree, UiResponse,
};

use blitz_model::session::{Command, View, ViewId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cx::{Action, Cx, Replies};
use crate::image;
use crate::panels::panel::{Panel, PanelInfo};
use crate::panels::{find, info, levels, log, ops, probe, timeline};

/// A place in the layout: a panel, and the view that it shows where it is not the focused one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub(crate) struct Pane {
    panel: String,
    /// Tells panes of the same panel apart, from 0.
    #[serde(skip_serializing_if = "is_first")]
    number: u32,
    /// What the panel keeps.
    #[serde(skip_serializing_if = "Value::is_null")]
    settings: Value,
    #[serde(skip)]
    view: Option<ViewId>,
}

/// Panes are the same that show the same panel of the same view, whatever it keeps.
impl PartialEq for Pane {
    fn eq(&self, other: &Self) -> bool {
        (&self.panel, self.number, self.view) == (&other.panel, other.number, other.view)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_first(number: &u32) -> bool {
    *number == 0
}

/// A pane as layouts have it: older ones have the name alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Name(String),
    Pane {
        panel: String,
        #[serde(default)]
        number: u32,
        #[serde(default)]
        settings: Value,
    },
}

impl From<Stored> for Pane {
    fn from(stored: Stored) -> Self {
        let (panel, number, settings) = match stored {
            Stored::Name(panel) => (panel, 0, Value::Null),
            Stored::Pane { panel, number, settings } => (panel, number, settings),
        };
        Self { panel: panel.to_lowercase(), number, settings, view: None }
    }
}

impl Pane {
    fn new(panel: &PanelInfo) -> Self {
        Self { panel: panel.id.to_owned(), number: 0, settings: Value::Null, view: None }
    }

    /// The view that it shows now: its own, for images the first, otherwise the focused one.
    fn view(&self, cx: &Cx<'_>) -> ViewId {
        let is_image = self.panel == image::PANEL.id;
        self.view.unwrap_or_else(|| if is_image { cx.session.views()[0].id() } else { cx.session.focused() })
    }
}

/// The panels where they are at first: the picture, beside it levels and steps over facts, the timeline below.
pub(crate) fn default_tree() -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let mut tabs = |panels: &[PanelInfo]| {
        let panes = panels.iter().map(|panel| tiles.insert_pane(Pane::new(panel))).collect();
        tiles.insert_tab_tile(panes)
    };
    let image = tabs(&[image::PANEL]);
    let bottom = tabs(&[timeline::PANEL]);
    let levels = tabs(&[levels::PANEL, ops::PANEL]);
    let facts = tabs(&[probe::PANEL, info::PANEL, log::PANEL]);
    let mut split = |dir, children: [TileId; 2], fraction| {
        tiles.insert_container(Container::Linear(Linear::new_binary(dir, children, fraction)))
    };
    let side = split(LinearDir::Vertical, [levels, facts], 0.6);
    let upper = split(LinearDir::Horizontal, [image, side], 0.735);
    let root = split(LinearDir::Vertical, [upper, bottom], 0.67);
    Tree::new(egui::Id::unique("panels"), root, tiles)
}

/// The tree as text for the settings, with what its panels keep; views beside the first are not kept.
pub(crate) fn to_text(tree: &Tree<Pane>, panels: &Panels) -> Option<String> {
    let mut tree = tree.clone();
    for (tile, panel) in &panels.0 {
        if let Some(Tile::Pane(pane)) = tree.tiles.get_mut(*tile) {
            pane.settings = panel.settings();
        }
    }
    keep_views(&mut tree, &[]);
    serde_json::to_string(&tree).ok()
}

/// The tree from the settings. Panels that are gone are left out; those that are new stay closed until they are opened.
pub(crate) fn from_text(text: &str) -> Option<Tree<Pane>> {
    let mut tree: Tree<Pane> = serde_json::from_str(text).ok()?;
    let unknown = |tile: &Tile<Pane>| matches!(tile, Tile::Pane(pane) if find(&pane.panel).is_none());
    let gone: Vec<TileId> = tree.tiles.iter().filter(|(_, tile)| unknown(tile)).map(|(id, _)| *id).collect();
    for tile in gone {
        tree.remove_recursively(tile);
    }
    tree.tiles.find_pane(&Pane::new(&image::PANEL))?;
    Some(tree)
}

/// The panes of a panel, in the order of their numbers.
fn panes_of(tree: &Tree<Pane>, id: &str) -> Vec<Pane> {
    let pane = |tile: &Tile<Pane>| match tile {
        Tile::Pane(pane) if pane.panel == id => Some(pane.clone()),
        _ => None,
    };
    let mut panes: Vec<Pane> = tree.tiles.tiles().filter_map(pane).collect();
    panes.sort_by_key(|pane| pane.number);
    panes
}

/// Shows a panel once more, beside the one of that tile and with its settings.
pub(crate) fn show_again(tree: &mut Tree<Pane>, tile: TileId, panels: &Panels) {
    let Some(Tile::Pane(pane)) = tree.tiles.get(tile) else { return };
    let settings = panels.0.get(&tile).map_or_else(|| pane.settings.clone(), |panel| panel.settings());
    let number = panes_of(tree, &pane.panel).last().map_or(0, |last| last.number + 1);
    let pane = Pane { number, settings, ..pane.clone() };
    let Some(tabs) = tree.tiles.parent_of(tile) else { return };
    let new = tree.tiles.insert_pane(pane.clone());
    tree.move_tile_to_container(new, tabs, usize::MAX, true);
    tree.make_active(|_, tile| matches!(tile, Tile::Pane(other) if *other == pane));
}

/// Brings a panel to the front of its tabs; opens it where it is closed.
pub(crate) fn focus(tree: &mut Tree<Pane>, id: &str) {
    let Some(panel) = find(id) else { return };
    let open = panes_of(tree, id).into_iter().next();
    let is_closed = open.is_none();
    let pane = open.unwrap_or_else(|| Pane::new(panel));
    if is_closed {
        let new = tree.tiles.insert_pane(pane.clone());
        // Beside the facts, or wherever there are tabs.
        let facts =
            tree.tiles.find_pane(&Pane::new(&probe::PANEL)).and_then(|tile| tree.tiles.parent_of(tile));
        let tabs = |(id, tile): (&TileId, &Tile<Pane>)| {
            matches!(tile, Tile::Container(Container::Tabs(_))).then_some(*id)
        };
        let Some(container) = facts.or_else(|| tree.tiles.iter().filter_map(tabs).max_by_key(|id| id.0))
        else {
            return;
        };
        tree.move_tile_to_container(new, container, usize::MAX, true);
    }
    tree.make_active(|_, tile| matches!(tile, Tile::Pane(other) if *other == pane));
}

/// Gives each view but the first a pane beside the first one's, and takes away those of views that are gone. The first
/// has the pane that layouts keep.
pub(crate) fn keep_views(tree: &mut Tree<Pane>, views: &[View]) {
    let others = || views.iter().skip(1).map(View::id);
    let gone = |tile: &Tile<Pane>| matches!(tile, Tile::Pane(Pane { view: Some(view), .. }) if others().all(|other| other != *view));
    let tiles: Vec<TileId> = tree.tiles.iter().filter(|(_, tile)| gone(tile)).map(|(id, _)| *id).collect();
    for tile in tiles {
        give_back(tree, tile);
        tree.remove_recursively(tile);
    }
    for view in others() {
        let pane = Pane { view: Some(view), ..Pane::new(&image::PANEL) };
        if tree.tiles.find_pane(&pane).is_none() {
            show_view(tree, pane);
        }
    }
}

/// The tabs around the first view's pane.
fn first_tabs(tree: &Tree<Pane>) -> Option<TileId> {
    tree.tiles.find_pane(&Pane::new(&image::PANEL)).and_then(|tile| tree.tiles.parent_of(tile))
}

/// Shows a view beside the first one.
fn show_view(tree: &mut Tree<Pane>, pane: Pane) {
    let Some(first) = first_tabs(tree) else { return };
    let pane = tree.tiles.insert_pane(pane);
    let tabs = tree.tiles.insert_tab_tile(vec![pane]);
    let parent = tree.tiles.parent_of(first);
    let linear = |tree: &Tree<Pane>, tile| match tree.tiles.get(tile) {
        Some(Tile::Container(Container::Linear(linear))) => Some(linear.clone()),
        _ => None,
    };
    let Some((row, mut around)) = parent.and_then(|row| Some((row, linear(tree, row)?))) else {
        // The image has the whole window.
        let pair = Linear::new_binary(LinearDir::Horizontal, [first, tabs], 0.5);
        tree.root = Some(tree.tiles.insert_container(Container::Linear(pair)));
        return;
    };
    let at = around.children.iter().position(|child| *child == first).unwrap_or(0);
    if around.dir == LinearDir::Horizontal {
        // The views' panes make room for it in proportion; the panels beside them keep theirs.
        let views = with_views(tree, &around);
        let room: f32 = views.iter().map(|tabs| around.shares[*tabs]).sum();
        let count = views.len() as f32;
        for tabs in views {
            around.shares.set_share(tabs, around.shares[tabs] * count / (count + 1.0));
        }
        around.children.insert(at + 1, tabs);
        around.shares.set_share(tabs, room / (count + 1.0));
    } else {
        let pair = Linear::new_binary(LinearDir::Horizontal, [first, tabs], 0.5);
        let pair = tree.tiles.insert_container(Container::Linear(pair));
        around.children[at] = pair;
        around.shares.replace_with(first, pair);
    }
    tree.tiles.insert(row, Tile::Container(Container::Linear(around)));
}

/// The children of a row that hold a view's pane.
fn with_views(tree: &Tree<Pane>, row: &Linear) -> Vec<TileId> {
    let is_view = |tile: &TileId| matches!(tree.tiles.get(*tile), Some(Tile::Pane(pane)) if pane.panel == image::PANEL.id);
    let holds_one = |tile: &TileId| match tree.tiles.get(*tile) {
        Some(Tile::Container(tabs)) => tabs.children().any(is_view),
        _ => is_view(tile),
    };
    row.children.iter().copied().filter(holds_one).collect()
}

/// Gives the room of a view's pane that goes away back to the other views' panes, in proportion.
fn give_back(tree: &mut Tree<Pane>, pane: TileId) {
    let Some(tabs) = tree.tiles.parent_of(pane) else { return };
    let is_alone = matches!(tree.tiles.get(tabs), Some(Tile::Container(tabs)) if tabs.num_children() == 1);
    let Some(row) = tree.tiles.parent_of(tabs).filter(|_| is_alone) else { return };
    let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get(row) else { return };
    let mut others = with_views(tree, linear);
    others.retain(|other| *other != tabs);
    let room: f32 = others.iter().map(|other| linear.shares[*other]).sum();
    let grown: Vec<(TileId, f32)> = others
        .iter()
        .map(|other| (*other, linear.shares[*other] * (1.0 + linear.shares[tabs] / room)))
        .collect();
    if let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get_mut(row) {
        for (other, share) in grown {
            linear.shares.set_share(other, share);
        }
    }
}

/// The panels that are open, each with its state.
#[derive(Default)]
pub(crate) struct Panels(HashMap<TileId, Box<dyn Panel>>);

impl Panels {
    /// Forgets the panels of tiles that are gone: other tiles may come to have their names.
    pub(crate) fn keep(&mut self, tree: &Tree<Pane>) {
        self.0.retain(|tile, _| tree.tiles.get(*tile).is_some());
    }

    /// Whether Esc belongs to what goes on in one of them.
    pub(crate) fn hold_escape(&self) -> bool {
        self.0.values().any(|panel| panel.holds_escape())
    }
}

/// Draws the panels into their tiles.
pub(crate) struct Behavior<'a, 'b> {
    pub(crate) panels: &'a mut Panels,
    pub(crate) cx: &'a mut Cx<'b>,
    /// Tiles that a person closes.
    pub(crate) closed: Vec<TileId>,
    /// The tile whose panel is to be shown once more.
    pub(crate) again: Option<TileId>,
}

impl Behavior<'_, '_> {
    /// Closes what a tile shows: a view, whose pane goes with it, or a panel.
    fn close(&mut self, tiles: &Tiles<Pane>, tile: TileId) {
        match tiles.get(tile) {
            Some(Tile::Pane(Pane { view: Some(view), .. })) => {
                self.cx.actions.push(Action::Model(*view, Command::CloseView));
            }
            _ => self.closed.push(tile),
        }
    }
}

impl egui_tiles::Behavior<Pane> for Behavior<'_, '_> {
    fn pane_ui(&mut self, ui: &mut egui::Ui, tile: TileId, pane: &mut Pane) -> UiResponse {
        let Some(info) = find(&pane.panel) else { return UiResponse::None };
        let theme = self.cx.theme;
        let frame = if info.bare { egui::Frame::new().fill(theme.panel) } else { theme.panel_frame() };
        let panel = self.panels.0.entry(tile).or_insert_with(|| {
            let mut panel = (info.make)();
            panel.restore(&pane.settings);
            panel
        });
        let view = pane.view(self.cx);
        frame.show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            if view == self.cx.at() {
                panel.ui(ui, self.cx);
                return;
            }
            let replies = Replies::new(self.cx.session, view);
            let (session, theme) = (self.cx.session, self.cx.theme);
            let (state, actions) = (&mut *self.cx.view, &mut *self.cx.actions);
            panel.ui(ui, &mut Cx { session, replies: &replies, theme, view: state, actions });
        });
        let pressed = ui.input(|i| i.pointer.any_pressed()) && ui.rect_contains_pointer(ui.max_rect());
        if pressed && pane.panel == image::PANEL.id && self.cx.session.focused() != view {
            self.cx.actions.push(Action::Model(view, Command::Focus));
        }
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        let title = find(&pane.panel).map_or("", |panel| panel.title);
        let session = self.cx.session;
        if pane.panel == image::PANEL.id && session.views().len() > 1 {
            let name = session.shown(pane.view(self.cx)).map_or(title, |r| r.stack().name.as_str());
            return name.into();
        }
        if pane.number > 0 { format!("{title} {}", pane.number + 1).into() } else { title.into() }
    }

    fn is_tab_closable(&self, tiles: &Tiles<Pane>, tile: TileId) -> bool {
        matches!(tiles.get(tile), Some(Tile::Pane(Pane { view: Some(_), .. })))
    }

    fn on_tab_close(&mut self, tiles: &mut Tiles<Pane>, tile: TileId) -> bool {
        self.close(tiles, tile);
        false
    }

    fn on_tab_button(
        &mut self,
        tiles: &mut Tiles<Pane>,
        tile: TileId,
        response: egui::Response,
    ) -> egui::Response {
        let is_first = matches!(tiles.get(tile), Some(Tile::Pane(pane)) if *pane == Pane::new(&image::PANEL));
        response.context_menu(|ui| {
            let hint = "The View menu opens it again";
            if ui.add_enabled(!is_first, egui::Button::new("Close panel")).on_hover_text(hint).clicked() {
                self.close(tiles, tile);
                ui.close();
            }
            let info = match tiles.get(tile) {
                Some(Tile::Pane(pane)) => find(&pane.panel),
                _ => None,
            };
            if info.is_some_and(|info| info.several) {
                let hint = "The same panel once more, with settings of its own";
                if ui.button("Another one").on_hover_text(hint).clicked() {
                    self.again = Some(tile);
                    ui.close();
                }
            }
        });
        response
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

    fn tab_bg_color(&self, _: &Visuals, _: &Tiles<Pane>, _: TileId, state: &TabState) -> Color32 {
        if state.active { self.cx.theme.panel } else { Color32::TRANSPARENT }
    }

    fn tab_text_color(&self, _: &Visuals, tiles: &Tiles<Pane>, tile: TileId, state: &TabState) -> Color32 {
        // Of several views, the one that the other panels and the keys belong to.
        if let Some(Tile::Pane(pane)) = tiles.get(tile)
            && pane.panel == image::PANEL.id
            && self.cx.session.views().len() > 1
        {
            let focused = pane.view(self.cx) == self.cx.session.focused();
            return if focused { self.cx.theme.accent } else { self.cx.theme.weak };
        }
        if state.active { self.cx.theme.strong } else { self.cx.theme.weak }
    }

    fn tab_outline_stroke(&self, _: &Visuals, _: &Tiles<Pane>, _: TileId, _: &TabState) -> Stroke {
        Stroke::NONE
    }

    fn tab_bar_hline_stroke(&self, _visuals: &Visuals) -> Stroke {
        Stroke::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panels(tree: &Tree<Pane>) -> Vec<&str> {
        let panes = tree.tiles.tiles().filter_map(|tile| match tile {
            Tile::Pane(pane) => Some(pane.panel.as_str()),
            Tile::Container(_) => None,
        });
        let mut names: Vec<&str> = panes.collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_layout_survives_the_settings() {
        let tree = default_tree();
        let text = to_text(&tree, &Panels::default()).expect("text");
        let read = from_text(&text).expect("a layout");
        assert_eq!(panels(&read), ["image", "info", "levels", "log", "ops", "probe", "timeline"]);
        assert!(from_text("{").is_none());
    }

    #[test]
    fn layouts_of_other_versions_are_kept_otherwise() {
        let text = to_text(&default_tree(), &Panels::default()).expect("text");
        // A panel that is gone, and one that did not exist when the layout was saved.
        let other = text.replace("\"log\"", "\"teletext\"");
        assert_ne!(other, text);
        let mut read = from_text(&other).expect("kept");
        assert_eq!(panels(&read), ["image", "info", "levels", "ops", "probe", "timeline"]);
        focus(&mut read, log::PANEL.id);
        assert_eq!(
            panels(&read),
            ["image", "info", "levels", "log", "ops", "probe", "timeline"],
            "opened again"
        );
        focus(&mut read, log::PANEL.id);
        assert_eq!(panels(&read).len(), 7, "once");
        // The first versions named panels alone.
        let mut old = text.clone();
        for panel in crate::panels::LIST {
            old = old.replace(&format!("{{\"panel\":\"{}\"}}", panel.id), &format!("\"{}\"", panel.title));
        }
        assert_ne!(old, text);
        assert_eq!(panels(&from_text(&old).expect("kept")).len(), 7);
        assert!(from_text(&text.replace("\"image\"", "\"painting\"")).is_none(), "there is always an image");
    }

    #[test]
    fn a_panel_is_shown_again_with_settings_of_its_own() {
        let mut tree = default_tree();
        focus(&mut tree, "kymograph");
        let tile = tree.tiles.find_pane(&panes_of(&tree, "kymograph")[0]).expect("open");
        let mut panels = Panels::default();
        let mut shown = (find("kymograph").expect("listed").make)();
        shown.restore(&serde_json::json!({ "along": "y" }));
        panels.0.insert(tile, shown);
        show_again(&mut tree, tile, &panels);
        let text = to_text(&tree, &panels).expect("text");
        let read = panes_of(&from_text(&text).expect("a layout"), "kymograph");
        assert_eq!(read.iter().map(|pane| pane.number).collect::<Vec<_>>(), [0, 1]);
        assert!(read.iter().all(|pane| pane.settings["along"] == "y"), "{read:?}");
        focus(&mut tree, "kymograph");
        assert_eq!(panes_of(&tree, "kymograph").len(), 2, "brought to the front, not opened once more");
        tree.remove_recursively(tile);
        focus(&mut tree, "kymograph");
        assert_eq!(panes_of(&tree, "kymograph").len(), 1, "the other one is still open");
    }
}
