//! What looks like a secret in plain text, by its name or by its content. Such a file is none of this program's business:
//! it is never opened, copied, hashed or shown.

use std::path::Path;

/// Names of files that hold secrets in plain text, in whatever directory.
const NAMES: [&str; 14] = [
    ".env",
    ".git-credentials",
    ".netrc",
    "_netrc",
    ".pgpass",
    ".my.cnf",
    "id_dsa",
    "id_ecdsa",
    "id_ecdsa_sk",
    "id_ed25519",
    "id_ed25519_sk",
    "id_rsa",
    "keys.txt",
    "secring.gpg",
];
/// Extensions of files that hold keys.
const EXTENSIONS: [&str; 10] = [
    "agekey", "jks", "kdb", "kdbx", "key", "keystore", "p12", "pfx", "ppk", "secret",
];
/// `.env.<one of these>` is an example, and no secret.
const EXAMPLES: [&str; 5] = ["example", "sample", "template", "dist", "nix"];

/// Whether a file's name says that it holds a secret in plain text. Letters of both cases are alike. A Nix file never
/// does: it is what this program is there to read.
pub fn looks_like_a_secret(path: &Path) -> bool {
    let Some(name) = path.file_name() else { return false };
    let name = name.to_string_lossy().to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if extension == "nix" {
        return false;
    }
    let environment = name.strip_prefix(".env.").is_some_and(|rest| !EXAMPLES.contains(&rest));
    let host_key = name.starts_with("ssh_host_") && name.ends_with("_key");
    let suffix = name.ends_with(".env") || name.ends_with(".secrets");
    NAMES.contains(&&*name) || EXTENSIONS.contains(&extension) || environment || host_key || suffix
}

/// Whether a content is or contains a private key in plain text: of age, ssh, OpenPGP, TLS or PuTTY. A text that only
/// speaks of one, without the key itself, does not.
pub fn holds_a_private_key(content: &[u8]) -> bool {
    block(content) || age_key(content) || content.starts_with(b"PuTTY-User-Key-File-")
}

/// Whether a content is what git-crypt keeps in git: no evaluation can make anything of it.
pub fn is_sealed(content: &[u8]) -> bool {
    content.starts_with(b"\0GITCRYPT\0")
}

/// A line `-----BEGIN … PRIVATE KEY…-----` with a line of the key behind it.
fn block(content: &[u8]) -> bool {
    let begins = memchr::memmem::find_iter(content, b"-----BEGIN ");
    begins.into_iter().any(|at| {
        let mut lines = content[at..].split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let title = lines.next().unwrap_or_default();
        let private = title.ends_with(b"PRIVATE KEY-----") || title.ends_with(b"PRIVATE KEY BLOCK-----");
        // Headers may stand between (`Proc-Type: 4,ENCRYPTED`, `Version: …`).
        private && lines.take(8).any(is_encoded)
    })
}

/// A line of base64, as long as the lines of keys are.
fn is_encoded(line: &[u8]) -> bool {
    let encodes = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    line.len() >= 32 && line.iter().all(encodes)
}

/// `AGE-SECRET-KEY-1` and 58 characters of bech32.
fn age_key(content: &[u8]) -> bool {
    const START: &[u8] = b"AGE-SECRET-KEY-1";
    memchr::memmem::find_iter(content, START).any(|at| {
        let rest = &content[at + START.len()..];
        rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count() >= 50
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known() {
        for name in [
            "secrets/age.key",
            ".env",
            "x/.env.production",
            "traefik.env",
            "tls/SERVER.KEY",
            ".ssh/id_ed25519",
            "etc/ssh_host_rsa_key",
            "keys.txt",
            "vault.kdbx",
            ".netrc",
        ] {
            assert!(looks_like_a_secret(Path::new(name)), "{name}");
        }
        for name in [
            "secrets/secrets.yaml",
            "secrets.nix",
            "key.nix",
            ".env.example",
            ".env.nix",
            ".envrc",
            "id_ed25519.pub",
            "ssh_host_rsa_key.pub",
            "fullchain.pem",
            "README.md",
            "modules/server/age.nix",
            "secrets/x.age",
        ] {
            assert!(!looks_like_a_secret(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn keys_are_known_by_their_content() {
        let line = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW";
        let block = |kind: &str| format!("-----BEGIN {kind}-----\n{line}\n-----END {kind}-----\n");
        for kind in [
            "OPENSSH PRIVATE KEY",
            "RSA PRIVATE KEY",
            "PRIVATE KEY",
            "PGP PRIVATE KEY BLOCK",
        ] {
            assert!(holds_a_private_key(block(kind).as_bytes()), "{kind}");
        }
        let indented = format!("key: |\n  -----BEGIN EC PRIVATE KEY-----\n  {line}\n");
        assert!(holds_a_private_key(indented.as_bytes()));
        let age = format!("# public key: age1x\nAGE-SECRET-KEY-1{}\n", "Q".repeat(58));
        assert!(holds_a_private_key(age.as_bytes()));
        assert!(holds_a_private_key(b"PuTTY-User-Key-File-3: ssh-ed25519\n"));
        for kind in [
            "CERTIFICATE",
            "PGP PUBLIC KEY BLOCK",
            "AGE ENCRYPTED FILE",
            "PUBLIC KEY",
        ] {
            assert!(!holds_a_private_key(block(kind).as_bytes()), "{kind}");
        }
        let about = "A key begins with `-----BEGIN OPENSSH PRIVATE KEY-----` or `AGE-SECRET-KEY-1…`.\n";
        assert!(!holds_a_private_key(about.as_bytes()));
        assert!(is_sealed(b"\0GITCRYPT\0abc") && !is_sealed(b"GITCRYPT"));
    }
}
