//! `blitz recipe`: the recipe as TOML.

use crate::failure::{Failure, Status};
use crate::recording::Input;
use crate::shell::{Shell, print};

pub(crate) struct Request {
    pub(crate) input: Input,
}

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    let input = &request.input;
    if shell.json {
        return Err(Failure::new("a recipe is TOML: leave --json out"));
    }
    input.check_outputs(&[])?;
    if !input.paths.is_empty() {
        input.open(shell)?;
    }
    input.save_recipe()?;
    print(&input.recipe.to_toml())?;
    Ok(Status::Done)
}
