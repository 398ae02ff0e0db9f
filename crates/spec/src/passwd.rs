//! `/etc/passwd` and `/etc/group` of a container or of the host, read as Docker's runtime reads them (libcontainer/user).
//!
//! It opens no file: hostile bytes in, numbers out. A line that is not well-formed is passed over.

use std::collections::BTreeSet;

use crate::user::{Principal, UserSpec};

/// Who a process is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// User.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Empty where the files do not tell.
    pub home: String,
}

/// A name that the files do not have. The words are Docker's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// No user has this name.
    #[error("unable to find user {0}: no matching entries in passwd file")]
    User(String),
    /// No group has the name that stands behind the user's.
    #[error("unable to find group {0}: no matching entries in group file")]
    Group(String),
    /// No group has the name of an additional group.
    #[error("Unable to find group {0}: no matching entries in group file")]
    AdditionalGroup(String),
}

/// A line of `/etc/passwd` (passwd(5)).
struct User<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    home: &'a str,
}

/// A line of `/etc/group` (group(5)).
struct Group<'a> {
    name: &'a str,
    gid: u32,
    members: &'a str,
}

/// The account of `user[:group]`; a file that does not exist is empty.
///
/// Groups that list the user are its supplementary groups, unless a group is named; the primary group is always among them
/// (CVE-2022-36109: a program must not be able to shed a group that is there to exclude it).
///
/// # Errors
/// A name that is not there. A number need not be.
pub fn account(
    spec: &UserSpec,
    additional: &[String],
    passwd: &str,
    group: &str,
) -> Result<Account, Unknown> {
    let entry = users(passwd).find(|entry| match &spec.user {
        None => entry.uid == 0,
        Some(Principal::Id(id)) => entry.uid == *id,
        Some(Principal::Name(name)) => entry.name == name,
    });
    let mut account = match (&entry, &spec.user) {
        (Some(entry), _) => {
            Account { uid: entry.uid, gid: entry.gid, groups: Vec::new(), home: entry.home.to_owned() }
        }
        (None, None) => Account::default(),
        (None, Some(Principal::Id(id))) => Account { uid: *id, ..Account::default() },
        (None, Some(Principal::Name(name))) => return Err(Unknown::User(name.clone())),
    };
    let mut memberships = Vec::new();
    match (&spec.group, &entry) {
        (Some(wanted), _) => account.gid = gid_of(wanted, group).map_err(Unknown::Group)?,
        (None, Some(entry)) => {
            let listed =
                groups(group).filter(|group| group.members.split(',').any(|member| member == entry.name));
            memberships.extend(listed.map(|group| group.gid));
        }
        (None, None) => {}
    }
    for name in additional {
        let wanted = name.parse().map_err(|_| Unknown::AdditionalGroup(name.clone()))?;
        memberships.push(gid_of(&wanted, group).map_err(Unknown::AdditionalGroup)?);
    }
    account.groups = without_repetition(account.gid, memberships);
    Ok(account)
}

/// The home directory of a user by number; empty where the file does not tell.
pub fn home_of(uid: u32, passwd: &str) -> &str {
    users(passwd).find(|entry| entry.uid == uid).map_or("", |entry| entry.home)
}

/// The name of a user by number; `None` where the file does not tell.
pub fn name_of(uid: u32, passwd: &str) -> Option<&str> {
    users(passwd).find(|entry| entry.uid == uid).map(|entry| entry.name)
}

/// The number of a group by name; `None` where the file does not tell.
pub fn group_of(name: &str, group: &str) -> Option<u32> {
    groups(group).find(|entry| entry.name == name).map(|entry| entry.gid)
}

fn gid_of(wanted: &Principal, group: &str) -> Result<u32, String> {
    match wanted {
        Principal::Id(id) => Ok(*id),
        Principal::Name(name) => group_of(name, group).ok_or_else(|| name.clone()),
    }
}

/// In one go: a hostile file can make somebody a member of a million groups.
fn without_repetition(primary: u32, more: Vec<u32>) -> Vec<u32> {
    let mut seen = BTreeSet::new();
    std::iter::once(primary).chain(more).filter(|gid| seen.insert(*gid)).collect()
}

fn users(passwd: &str) -> impl Iterator<Item = User<'_>> {
    lines(passwd).filter_map(|line| {
        let mut fields = line.split(':');
        let (name, _password) = (fields.next()?, fields.next()?);
        let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(User { name, uid, gid, home: fields.nth(1).unwrap_or_default() })
    })
}

fn groups(group: &str) -> impl Iterator<Item = Group<'_>> {
    lines(group).filter_map(|line| {
        let mut fields = line.split(':');
        let (name, _password) = (fields.next()?, fields.next()?);
        Some(Group { name, gid: fields.next()?.parse().ok()?, members: fields.next().unwrap_or_default() })
    })
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    const PASSWD: &str = "# users\nroot:x:0:0:root:/root:/bin/sh\nbroken:x:zero:0\nadm:x:3:4:adm:/var/adm:/bin/false\n\
                          5:x:1005:1005:a name of digits:/home/five:/bin/sh\n";
    const GROUP: &str = "root:x:0:root\ndaemon:x:2:root,adm\nadm:x:4:root\nwheel:x:10:root\n";

    fn check(user: &str, additional: &[&str], expected: &Expect) {
        let additional: Vec<_> = additional.iter().map(|name| (*name).to_owned()).collect();
        let account = account(&user.parse().unwrap(), &additional, PASSWD, GROUP);
        let text = match account {
            Ok(Account { uid, gid, groups, home }) => format!("{uid}:{gid} {groups:?} {home:?}"),
            Err(unknown) => unknown.to_string(),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn nobody_named_is_root_with_roots_groups() {
        check("", &[], &expect![[r#"0:0 [0, 2, 4, 10] "/root""#]]);
    }

    #[test]
    fn a_name_brings_its_group_groups_and_home() {
        check("adm", &[], &expect![[r#"3:4 [4, 2] "/var/adm""#]]);
    }

    #[test]
    fn a_named_group_replaces_the_memberships() {
        check("adm:wheel", &[], &expect![[r#"3:10 [10] "/var/adm""#]]);
        check("root:4711", &["daemon", "12"], &expect![[r#"0:4711 [4711, 2, 12] "/root""#]]);
    }

    #[test]
    fn a_number_needs_no_entry_and_is_never_a_name() {
        check("5", &[], &expect![[r#"5:0 [0] """#]]);
        check("1005", &[], &expect![[r#"1005:1005 [1005] "/home/five""#]]);
    }

    #[test]
    fn unknown_names_are_told_in_dockers_words() {
        check("foo", &[], &expect!["unable to find user foo: no matching entries in passwd file"]);
        check("root:foo", &[], &expect!["unable to find group foo: no matching entries in group file"]);
        check("root", &["foo"], &expect!["Unable to find group foo: no matching entries in group file"]);
        check("broken", &[], &expect!["unable to find user broken: no matching entries in passwd file"]);
    }
}
