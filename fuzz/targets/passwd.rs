//! A container's users and groups, and the names that are looked for in them.
#![no_main]

use corten_spec::passwd;
use corten_spec::user::UserSpec;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, Vec<String>, &str, &str)| {
    let (wanted, additional, users, groups) = input;
    let Ok(user) = wanted.parse::<UserSpec>() else { return };
    let Ok(account) = passwd::account(&user, &additional, users, groups) else { return };
    assert_eq!(account.groups.first(), Some(&account.gid), "the primary group is one of its groups");
    let once: std::collections::BTreeSet<_> = account.groups.iter().collect();
    assert_eq!(once.len(), account.groups.len());
    let _ = (passwd::name_of(account.uid, users), passwd::home_of(account.uid, users));
});
