//! Finds the system's libjpeg-turbo.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "turbojpeg")]
    if let Err(error) = pkg_config::Config::new().atleast_version("2.1").probe("libturbojpeg") {
        panic!(
            "libjpeg-turbo 2.1 or newer is not found: install it (Debian: apt-get install libturbojpeg0-dev; `make deps` \
             does), or build without the cargo feature \"turbojpeg\" (--no-default-features --features video), which reads \
             less of JPEG.\n{error}"
        );
    }
}
