/// As `kspolicy --version` prints it and generated files name it; see `CHANGELOG.md`.
let kspolicyVersion = "0.1.0"
