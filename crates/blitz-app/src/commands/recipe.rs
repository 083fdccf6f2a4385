//! Recipes as files.

use super::export::new_file;
use super::row::{NOTHING_OPEN, Now, Row};
use crate::path::{choose, suggestion};
use crate::recipe_file;
use crate::state::{PathKind, PathWanted};

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    vec![open(now), save(now)]
}

pub(crate) fn open(now: &Now<'_>) -> Row {
    Row::window("recipe.open", "Open recipe…", "Steps, zones and scales from a file", |state, ctx| {
        let wanted = PathWanted {
            title: "Open a recipe".into(),
            verb: "Open",
            kind: PathKind::File,
            then: Box::new(|state, _, paths| {
                if let Some(path) = paths.into_iter().next() {
                    recipe_file::open(state, path);
                }
            }),
        };
        choose(state, ctx, wanted);
    })
    .needs(now.is_open(), NOTHING_OPEN)
}

pub(crate) fn save(now: &Now<'_>) -> Row {
    let tooltip = "For the command line (--recipe) and other recordings";
    Row::window("recipe.save", "Save recipe…", tooltip, |state, ctx| {
        let name = suggestion(state, ".toml");
        new_file(state, ctx, "Save the recipe as TOML", "Save", name, |state, path| {
            recipe_file::save(state, path);
        });
    })
    .needs(now.is_open(), NOTHING_OPEN)
}
