//! Copy and paste reach the system's clipboard: a real window on a virtual X display, looked at from outside.
//!
//! Not run by libtest: the window needs the main thread of a process. The program starts itself again for it.
#![allow(clippy::print_stdout, reason = "a test without libtest says by itself what came out")]

#[cfg(target_os = "linux")]
mod x11_desktop;

fn main() {
    #[cfg(target_os = "linux")]
    x11::main();
    #[cfg(not(target_os = "linux"))]
    println!("clipboard: skipped, there is no X11 here");
}

#[cfg(target_os = "linux")]
mod x11 {
    use std::io::{BufRead, BufReader, Read};
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    use blitz_app::WindowOptions;
    use blitz_core::{DType, FrameShape, SamplesRef};
    use blitz_model::output::{Overwrite, WriteSpec};

    use crate::x11_desktop::Desktop;

    /// Set for the process that is the window.
    const IS_WINDOW: &str = "BLITZ_TEST_CLIPBOARD_WINDOW";

    pub(super) fn main() {
        if std::env::var_os(IS_WINDOW).is_some() {
            blitz_app::run(WindowOptions::default()).expect("a window");
            return;
        }
        if std::env::args().any(|arg| arg == "--list") {
            return;
        }
        match start_display() {
            Ok((display, _server)) => copy_and_paste(&display),
            Err(reason) => println!("clipboard: skipped, {reason}"),
        }
    }

    /// A process that ends with the test.
    struct Process(Child);

    impl Drop for Process {
        fn drop(&mut self) {
            // It may have ended by itself.
            drop(self.0.kill());
            drop(self.0.wait());
        }
    }

    /// A virtual display with a number that is free, such as `:99`; or why there is none.
    fn start_display() -> Result<(String, Process), String> {
        if let Err(error) = blitz_gpu::OffscreenGpu::new() {
            return Err(error.to_string());
        }
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]);
        let server = server.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut server = Process(server.map_err(|e| format!("Xvfb does not start: {e}"))?);
        let mut number = String::new();
        let output = server.0.stdout.take().ok_or("Xvfb has no output")?;
        BufReader::new(output).read_line(&mut number).map_err(|e| format!("Xvfb says nothing: {e}"))?;
        match number.trim().parse::<u32>() {
            Ok(number) => Ok((format!(":{number}"), server)),
            Err(_) => Err(format!("Xvfb gives no display: '{}'", number.trim())),
        }
    }

    fn copy_and_paste(display: &str) {
        let folder = tempfile::tempdir().expect("folder");
        let recording = recording(folder.path());
        let mut window = Command::new(std::env::current_exe().expect("this program"));
        window.env(IS_WINDOW, "1").env("DISPLAY", display).env_remove("WAYLAND_DISPLAY");
        // Settings of the person who runs the tests are not looked at.
        window.env("HOME", folder.path()).env("XDG_DATA_HOME", folder.path());
        let window = window.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut window = Process(window.expect("started"));
        let mut desktop = Desktop::new(display);

        until(&mut window, &mut desktop, "the window is shown", |_, _| {}, |d| d.focus_window("BLITZ"));
        desktop.offer(recording.to_str().expect("a path in UTF-8"));
        let paste = |desktop: &mut Desktop, pause| {
            for keys in [&["Escape"][..], &["Control_L", "l"], &["Control_L", "a"], &["Control_L", "v"]] {
                desktop.press(keys);
                desktop.serve_for(pause);
            }
            desktop.press(&["Return"]);
        };
        let opened = |desktop: &mut Desktop| desktop.has_window("BLITZ – ramp.npy");
        until(&mut window, &mut desktop, "the path that was pasted is open", paste, opened);

        let copy = |desktop: &mut Desktop, _| desktop.press(&["Control_L", "c"]);
        let taken = |desktop: &mut Desktop| !desktop.owns_clipboard();
        until(&mut window, &mut desktop, "the clipboard is the window's", copy, taken);
        let copied = desktop.clipboard();
        assert!(copied.starts_with("frame\t0 / 3"), "copied: {copied:?}");
        println!("clipboard: ok");
    }

    /// Does `act` until `done`, each time with longer pauses between its keys: a slow window takes them together.
    fn until(
        window: &mut Process,
        desktop: &mut Desktop,
        what: &str,
        act: impl Fn(&mut Desktop, Duration),
        done: impl Fn(&mut Desktop) -> bool,
    ) {
        for attempt in 1..=12 {
            act(desktop, Duration::from_millis(300) * attempt);
            for _ in 0..100 {
                desktop.serve_for(Duration::from_millis(30));
                if done(desktop) {
                    return;
                }
                if let Some(status) = window.0.try_wait().expect("a process") {
                    let mut said = String::new();
                    let error = window.0.stderr.take().expect("its errors");
                    BufReader::new(error).read_to_string(&mut said).expect("text");
                    panic!("the window has ended ({status}): {said}");
                }
            }
        }
        panic!("waited in vain until {what}");
    }

    /// Four frames as one `.npy`.
    fn recording(folder: &Path) -> PathBuf {
        let path = folder.join("ramp.npy");
        let spec = WriteSpec::new(DType::U8, FrameShape::new(3, 5, 1), Some(4), Overwrite::Refuse);
        let mut writer = spec.create(&path).expect("created");
        for frame in 0..4_u8 {
            let pixels: Vec<u8> = (0..15).map(|i| 40 * frame + i).collect();
            writer.write_frame(SamplesRef::U8(&pixels)).expect("written");
        }
        writer.finish().expect("finished");
        path
    }
}
