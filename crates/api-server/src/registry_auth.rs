//! Who a client says that it is to a registry: the header `X-Registry-Auth`, and the body of `POST /auth`.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use corten_api_types::AuthConfig;
use corten_engine::Credentials;
use http::HeaderMap;

/// Credentials, in base64 of JSON.
const REGISTRY_AUTH: &str = "x-registry-auth";

/// RFC 4648, section 5, with padding or without.
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the client sends along; nothing means nobody in particular. So does, as for Docker, what cannot be read: whether it was needed is for the
/// registry to say.
pub(crate) fn credentials(headers: &HeaderMap) -> Credentials {
    headers.get(REGISTRY_AUTH).and_then(|header| decode(header.as_bytes())).map_or(Credentials::Anonymous, of)
}

/// Some clients write base64's other alphabet (section 4): its two other characters mean nothing else here.
fn decode(header: &[u8]) -> Option<AuthConfig> {
    let url_safe = |byte: &u8| match byte {
        b'+' => b'-',
        b'/' => b'_',
        byte => *byte,
    };
    let bytes = BASE64_URL.decode(header.iter().map(url_safe).collect::<Vec<_>>()).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// What counts of credentials that may hold several.
pub(crate) fn of(auth: AuthConfig) -> Credentials {
    match auth {
        AuthConfig { registry_token, .. } if !registry_token.is_empty() => {
            Credentials::RegistryToken(registry_token)
        }
        AuthConfig { identity_token, .. } if !identity_token.is_empty() => {
            Credentials::IdentityToken(identity_token)
        }
        AuthConfig { username, password, .. } if !username.is_empty() => {
            Credentials::Password { user: username, password }
        }
        _ => Credentials::Anonymous,
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    fn sent(header: &str) -> Credentials {
        let mut headers = HeaderMap::new();
        headers.insert(REGISTRY_AUTH, header.parse().unwrap());
        credentials(&headers)
    }

    #[test]
    fn both_alphabets_are_read_with_padding_and_without() {
        // In base64 it has both characters in which the alphabets differ.
        let document = r#"{"username":"a","password":"\u00ff?>~~"}"#.replace("\\u00ff", "\u{ff}\u{fe}");
        let expected =
            Credentials::Password { user: "a".to_owned(), password: "\u{ff}\u{fe}?>~~".to_owned() };
        assert!(STANDARD.encode(&document).contains(['+', '/']), "{}", STANDARD.encode(&document));
        for header in
            [STANDARD.encode(&document), URL_SAFE.encode(&document), URL_SAFE_NO_PAD.encode(&document)]
        {
            assert!(sent(&header) == expected);
        }
    }

    #[test]
    fn what_a_client_leaves_out_as_null_is_left_out() {
        let document = r#"{"username":"a","password":"b","auth":null,"email":null,"identitytoken":null,"registrytoken":null}"#;
        let expected = Credentials::Password { user: "a".to_owned(), password: "b".to_owned() };
        assert!(sent(&STANDARD.encode(document)) == expected);
    }

    #[test]
    fn what_cannot_be_read_is_nobody() {
        assert!(sent("%%%") == Credentials::Anonymous);
        assert!(sent(&STANDARD.encode("no document")) == Credentials::Anonymous);
        assert!(credentials(&HeaderMap::new()) == Credentials::Anonymous);
    }
}
