//! `blitz view`: the window, or its picture in a file.

use std::path::PathBuf;

use blitz_app::{ScreenshotOptions, WindowOptions};
use blitz_draw::RgbaImage;
use blitz_io::OpenError;
use blitz_model::export::write_image;
use blitz_model::load::{IfTooBig, Opened, Strategy};
use blitz_model::recipe::Recipe;

use crate::failure::{Failure, Status};
use crate::output::check_suffix;
use crate::recording::Input;
use crate::shell::{Report, Shell};

pub(crate) struct Request {
    pub(crate) input: Input,
    /// Source frame to start at.
    pub(crate) frame: Option<usize>,
    /// Whether the folder is watched.
    pub(crate) watch: bool,
    pub(crate) shot: Option<Shot>,
}

/// A picture of the window.
pub(crate) struct Shot {
    pub(crate) output: PathBuf,
    pub(crate) size: [u32; 2],
    pub(crate) scale: f32,
    pub(crate) light: bool,
}

pub(crate) fn run(mut request: Request, shell: &Shell) -> Result<Status, Failure> {
    if let Some(path) = request.input.paths.iter().find(|path| !path.exists()) {
        return Err(Failure::new(OpenError::Missing { path: path.clone() }.to_string()));
    }
    let output = request.shot.as_ref().map(|shot| shot.output.clone());
    if let Some(path) = &output {
        check_suffix(path, &["png"], "a screenshot")?;
    }
    request.input.check_outputs(&output.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
    if request.shot.is_some() && request.input.if_too_big == IfTooBig::Ask {
        // There is nobody to ask.
        request.input.if_too_big = IfTooBig::Fail;
    }
    // Otherwise the window opens it, and shows the first frame while it does.
    let decides = matches!(request.input.if_too_big, IfTooBig::Every | IfTooBig::Shrink | IfTooBig::Fail);
    if !request.input.paths.is_empty() && decides {
        make_fit(&mut request, shell)?;
    }
    if request.shot.is_some() && !request.input.paths.is_empty() {
        // A window says what is wrong and goes on; a picture of it would only show the message.
        let recording = request.input.open(shell)?;
        request.frame.map_or(Ok(0), |frame| recording.stack_frame(frame))?;
    }
    request.input.save_recipe()?;
    let Input { paths, recipe, max_ram, if_too_big, cache, .. } = &request.input;
    let options = WindowOptions {
        paths: paths.clone(),
        load: recipe.load.clone(),
        recipe: (*recipe != Recipe::default()).then(|| recipe.clone()),
        max_ram: *max_ram,
        if_too_big: *if_too_big,
        disk_cache: cache.clone(),
        watch: request.watch,
        start_frame: request.frame,
        ..WindowOptions::default()
    };
    let Some(shot) = &request.shot else {
        blitz_app::run(options).map_err(|error| Failure::new(error.to_string()))?;
        return Ok(Status::Done);
    };
    let how = ScreenshotOptions {
        size: shot.size,
        pixels_per_point: shot.scale,
        frame: request.frame,
        light: shot.light,
        ..ScreenshotOptions::default()
    };
    let picture = blitz_app::screenshot(options, &how).map_err(|error| Failure::new(error.to_string()))?;
    let (width, height) = (picture.width as usize, picture.height as usize);
    let image = RgbaImage { width, height, pixels: picture.rgba };
    let description = format!("the window with {}", request.input.path().display());
    write_image(&shot.output, &image, request.input.overwrite(), &description)?;
    shell.finish(Report { outputs: vec![shot.output.clone()], description, ..Report::default() }, [])
}

/// Thins or shrinks a recording that is too big for memory so that the recipe says so, or refuses it.
fn make_fit(request: &mut Request, shell: &Shell) -> Result<(), Failure> {
    let input = &mut request.input;
    let load = &mut input.recipe.load;
    let mut opened = Opened::open(&input.paths, load, input.max_ram, &shell.cancel, &shell.progress)
        .map_err(|error| Failure::opening(&input.paths[0], error))?;
    if opened.plan.strategy != Strategy::TooBig || opened.cached(&input.cache).is_some() {
        return Ok(());
    }
    let plan = &opened.plan;
    let refused = || Failure::new(format!("{}: {}", input.paths[0].display(), plan.too_big_message()));
    match input.if_too_big {
        IfTooBig::Ask | IfTooBig::Fail | IfTooBig::Cache | IfTooBig::Stream => return Err(refused()),
        IfTooBig::Every => {
            load.every = plan.every_that_fits.div_ceil(load.frames.step);
            shell.note(&format!("{}; taking every {} frames", plan.reason, load.every));
        }
        IfTooBig::Shrink => {
            load.shrink = plan.shrink_that_fits.ok_or_else(refused)?;
            shell.note(&format!("{}; shrinking by {}", plan.reason, load.shrink));
        }
    }
    Ok(())
}
