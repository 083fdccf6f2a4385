//! Project automation: `cargo xtask tidy` checks what the compiler does not.

mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => tidy::run(),
        other => {
            let found = other.unwrap_or("nothing");
            report(&format!("usage: cargo xtask tidy ('{found}' found)"));
            ExitCode::from(2)
        }
    }
}

#[allow(clippy::print_stderr, reason = "this is a command-line tool")]
fn report(line: &str) {
    eprintln!("{line}");
}
