//! Takes the files that the page at `/docs` loads out of Swagger UI's archive: less than half of it, and all
//! that the binary embeds. `routes/docs.rs` includes them.

use std::error::Error;
use std::io::{self, Cursor};
use std::path::PathBuf;
use std::{env, fs};

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

const LOADED: [&str; 5] =
    ["favicon-16x16.png", "favicon-32x32.png", "index.css", "swagger-ui-bundle.js", "swagger-ui.css"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let target = PathBuf::from(env::var("OUT_DIR")?);
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    // Everything lies in one directory, which is named after the version.
    let first = archive.file_names().next().ok_or("Swagger UI's archive is empty")??.into_owned();
    let root = first.split('/').next().unwrap_or_default();
    for name in LOADED {
        let mut file = archive.by_name(&format!("{root}/dist/{name}"))?;
        io::copy(&mut file, &mut fs::File::create(target.join(name))?)?;
    }
    Ok(())
}
