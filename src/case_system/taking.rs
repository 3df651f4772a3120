//! How is an answer taken whole, within its size, and unpacked?

use std::collections::BTreeMap;
use std::io::Read;

use reqwest::Response;

use super::CaseFault;
use super::http::{Answer, HttpCaseSystem};
use super::token::Serials;
use crate::mapping::{BODY_LIMIT_BYTES, Put};

impl HttpCaseSystem {
    /// An answer whole, within its limit; what is packed counts as it is unpacked.
    pub(super) async fn taken(
        &self,
        mut response: Response,
        put: &Put,
        signed: Serials,
    ) -> Result<Answer, CaseFault> {
        let status = response.status();
        let headers: BTreeMap<String, String> = response
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        let refused =
            |why: String| CaseFault::Unproven(format!("`{}`: {why}", self.place_of(&put.path)));
        let too_large = || refused(format!("it is larger than {BODY_LIMIT_BYTES} bytes"));
        let mut bytes = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.lost(&put.path, &error))?
        {
            if bytes.len() + chunk.len() > BODY_LIMIT_BYTES {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        let packed = headers
            .get("content-encoding")
            .map(|packed| packed.trim().to_lowercase());
        match packed.as_deref() {
            None | Some("" | "identity") => {}
            Some("gzip" | "x-gzip") => {
                bytes = unpacked(&bytes)
                    .map_err(|_| refused("its gzip is broken or cut short".to_owned()))?;
                if bytes.len() > BODY_LIMIT_BYTES {
                    return Err(too_large());
                }
            }
            Some(_) => {
                return Err(refused(
                    "it is packed in a way that was not asked for".to_owned(),
                ));
            }
        }
        let content = headers.get("content-type").cloned().unwrap_or_default();
        let mut parts = content.split(';').map(str::trim);
        Ok(Answer {
            status,
            content_type: parts.next().unwrap_or_default().to_ascii_lowercase(),
            charset: parts
                .find_map(|part| {
                    part.to_ascii_lowercase()
                        .strip_prefix("charset=")
                        .map(str::to_owned)
                })
                .map(|name| name.trim_matches('"').to_owned()),
            headers,
            bytes,
            signed,
            is_empty: false,
        })
    }
}

/// At most one byte more than an answer may have.
fn unpacked(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let limit = u64::try_from(BODY_LIMIT_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let mut whole = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .take(limit)
        .read_to_end(&mut whole)?;
    Ok(whole)
}
