//! What becomes of a packet.

use crate::attribute::{Attribute, Malformed};
use crate::message::Messages;

use super::constants::{NFTA_DATA_VERDICT, NFTA_VERDICT_CHAIN, NFTA_VERDICT_CODE};

/// What becomes of a packet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It passes this hook as far as this chain is concerned; later chains still see it.
    Accept,
    /// It ends here.
    Drop,
    /// The rules of another chain are next, then those after this one.
    Jump(String),
    /// The rules of another chain are next.
    Goto(String),
    /// The rules of this chain end here.
    Return,
    /// Another one, such as passing it to a program (`NF_QUEUE`).
    Other(i32),
}

impl Verdict {
    fn code(&self) -> i32 {
        match self {
            Self::Drop => 0,
            Self::Accept => 1,
            Self::Jump(_) => -3,
            Self::Goto(_) => -4,
            Self::Return => -5,
            Self::Other(code) => *code,
        }
    }

    /// Adds it as data of `kind`.
    pub(super) fn encode(&self, kind: u16, message: &mut Messages) {
        message.nested(kind, |data| {
            data.nested(NFTA_DATA_VERDICT, |verdict| {
                verdict.attribute(NFTA_VERDICT_CODE, &self.code().to_be_bytes());
                if let Self::Jump(chain) | Self::Goto(chain) = self {
                    verdict.string(NFTA_VERDICT_CHAIN, chain);
                }
            });
        });
    }

    /// Reads the attributes of a verdict.
    pub(super) fn decode(verdict: Attribute<'_>) -> Result<Self, Malformed> {
        let code = verdict.nested().find(NFTA_VERDICT_CODE)?.ok_or(Malformed("verdict without a code"))?;
        let chain = verdict.nested().find(NFTA_VERDICT_CHAIN)?.map(|chain| chain.string());
        Ok(match (i32::from_be_bytes(code.array()?), chain) {
            (0, _) => Self::Drop,
            (1, _) => Self::Accept,
            (-3, Some(chain)) => Self::Jump(chain),
            (-4, Some(chain)) => Self::Goto(chain),
            (-5, _) => Self::Return,
            (code, _) => Self::Other(code),
        })
    }
}
