//! Chains and rules as the kernel lists them: those of others too, as far as one must know them.

use crate::attribute::{Attributes, Malformed};

use super::chain::{Hook, Policy};
use super::constants::{
    NFTA_CHAIN_HOOK, NFTA_CHAIN_NAME, NFTA_CHAIN_POLICY, NFTA_CHAIN_TABLE, NFTA_CHAIN_TYPE,
    NFTA_DATA_VERDICT, NFTA_EXPR_DATA, NFTA_EXPR_NAME, NFTA_EXTENSION_NAME, NFTA_HOOK_HOOKNUM,
    NFTA_HOOK_PRIORITY, NFTA_IMMEDIATE_DATA, NFTA_LIST_ELEM, NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS,
    NFTA_RULE_HANDLE, NFTA_RULE_TABLE,
};
use super::family::{Family, Table};
use super::verdict::Verdict;

/// The length of `struct nfgenmsg`, which begins with the family.
const HEADER: usize = 4;

/// A chain of any table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedChain {
    /// Its table.
    pub table: Table,
    /// Its name.
    pub name: String,
    /// Where its packets come from; none for one that others jump to.
    pub base: Option<ListedBase>,
}

/// Where the packets of a chain come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedBase {
    /// `filter`, `nat`, `route`.
    pub kind: String,
    /// Where in a packet's way.
    pub hook: Hook,
    /// The order of chains at one hook.
    pub priority: i32,
    /// What becomes of packets that no rule decides about.
    pub policy: Policy,
}

/// A rule of any chain, in outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRule {
    /// Its table.
    pub table: Table,
    /// Its chain.
    pub chain: String,
    /// Its number, unique in its table.
    pub handle: u64,
    /// The kernel's names of its expressions: `meta`, `cmp`, `counter`; those of iptables are `match conntrack`, `target REJECT` and the like.
    pub expressions: Vec<String>,
    /// What it decides, where it decides by itself.
    pub verdict: Option<Verdict>,
}

fn family(body: &[u8]) -> Result<Family, Malformed> {
    body.first().copied().map(Family::from_number).ok_or(Malformed("family"))
}

/// Reads the name of a table from the attribute `kind` of a message about something in it, or about itself.
pub(super) fn table(body: &[u8], kind: u16) -> Result<Table, Malformed> {
    let name = Attributes::after(body, HEADER)?.find(kind)?.ok_or(Malformed("object without a table"))?;
    Ok(Table { family: family(body)?, name: name.string() })
}

impl ListedChain {
    /// Reads the body of an `NFT_MSG_NEWCHAIN`.
    ///
    /// # Errors
    /// When it is not what nftables documents.
    pub fn decode(body: &[u8]) -> Result<Self, Malformed> {
        let mut chain = Self { table: table(body, NFTA_CHAIN_TABLE)?, name: String::new(), base: None };
        let (mut kind, mut hook, mut policy) = (String::new(), None, Policy::Accept);
        for attribute in Attributes::after(body, HEADER)? {
            let attribute = attribute?;
            match attribute.kind {
                NFTA_CHAIN_NAME => chain.name = attribute.string(),
                NFTA_CHAIN_TYPE => kind = attribute.string(),
                NFTA_CHAIN_POLICY => policy = Policy::from_number(attribute.be32()?),
                NFTA_CHAIN_HOOK => {
                    let number = attribute.nested().find(NFTA_HOOK_HOOKNUM)?;
                    let priority = attribute.nested().find(NFTA_HOOK_PRIORITY)?;
                    hook = number.zip(priority);
                }
                _ => {}
            }
        }
        if let Some((number, priority)) = hook {
            let (hook, priority) = (Hook::from_number(number.be32()?), i32::from_be_bytes(priority.array()?));
            chain.base = Some(ListedBase { kind, hook, priority, policy });
        }
        Ok(chain)
    }
}

impl ListedRule {
    /// Reads the body of an `NFT_MSG_NEWRULE`.
    ///
    /// # Errors
    /// When it is not what nftables documents.
    pub fn decode(body: &[u8]) -> Result<Self, Malformed> {
        let mut rule = Self {
            table: table(body, NFTA_RULE_TABLE)?,
            chain: String::new(),
            handle: 0,
            expressions: Vec::new(),
            verdict: None,
        };
        for attribute in Attributes::after(body, HEADER)? {
            let attribute = attribute?;
            match attribute.kind {
                NFTA_RULE_CHAIN => rule.chain = attribute.string(),
                NFTA_RULE_HANDLE => rule.handle = attribute.be64()?,
                NFTA_RULE_EXPRESSIONS => {
                    for expression in attribute.nested() {
                        let expression = expression?;
                        if expression.kind == NFTA_LIST_ELEM {
                            rule.take(expression.nested())?;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(rule)
    }

    fn take(&mut self, expression: Attributes<'_>) -> Result<(), Malformed> {
        let mut name =
            expression.clone().find(NFTA_EXPR_NAME)?.ok_or(Malformed("expression without a name"))?.string();
        let data = expression.find(NFTA_EXPR_DATA)?;
        match (name.as_str(), data) {
            ("immediate", Some(data)) => {
                if let Some(value) = data.nested().find(NFTA_IMMEDIATE_DATA)?
                    && let Some(verdict) = value.nested().find(NFTA_DATA_VERDICT)?
                {
                    self.verdict = Some(Verdict::decode(verdict)?);
                }
            }
            ("match" | "target", Some(data)) => {
                if let Some(extension) = data.nested().find(NFTA_EXTENSION_NAME)? {
                    name = format!("{name} {}", extension.string());
                }
            }
            _ => {}
        }
        self.expressions.push(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Messages;

    #[test]
    fn the_extensions_of_iptables_are_named_and_a_bare_expression_is_enough() {
        let mut message = Messages::new(0);
        message.message(0, 0, &[2, 0, 0, 0], |message| {
            message.string(NFTA_RULE_TABLE, "filter");
            message.nested(NFTA_RULE_EXPRESSIONS, |list| {
                for (name, extension) in
                    [("match", Some("conntrack")), ("counter", None), ("target", Some("REJECT"))]
                {
                    list.nested(NFTA_LIST_ELEM, |expression| {
                        expression.string(NFTA_EXPR_NAME, name);
                        if let Some(extension) = extension {
                            expression
                                .nested(NFTA_EXPR_DATA, |data| data.string(NFTA_EXTENSION_NAME, extension));
                        }
                    });
                }
            });
        });
        let bytes = message.finish().unwrap();
        let rule = ListedRule::decode(&bytes[16..]).unwrap();
        assert_eq!(rule.expressions, ["match conntrack", "counter", "target REJECT"]);
        assert_eq!((rule.table.to_string(), rule.verdict), ("ip filter".to_owned(), None));
    }
}
