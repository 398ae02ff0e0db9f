//! `--mount KEY=VALUE,…`.

use corten_api_types::mount::{BindOptions, ImageOptions, Mount, TmpfsOptions, VolumeOptions};
use corten_spec::size;

use super::volumes::absolute;

/// Reads one mount, with Docker's texts for what is wrong.
pub(crate) fn parse(text: &str) -> Result<Mount, String> {
    let mut mount = Mount { kind: "volume".to_owned(), ..Mount::default() };
    for field in split_fields(text)? {
        match field.split_once('=') {
            Some((key, value)) => set(&mut mount, &field, &key.to_lowercase(), value)?,
            None => switch(&mut mount, &field)?,
        }
    }
    check(&mount)?;
    Ok(mount)
}

/// Splits at commas; a field in quotes may contain them, a quote in it is doubled (RFC 4180).
pub(super) fn split_fields(text: &str) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => take_quoted(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (field, after) = rest.split_at(end);
                if field.contains('"') {
                    return Err("parse error on line 1, column 1: bare \" in non-quoted-field".to_owned());
                }
                (field.to_owned(), after)
            }
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return Ok(fields),
        }
    }
}

fn take_quoted(text: &str) -> Result<(String, &str), String> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let Some((before, after)) = rest.split_once('"') else {
            return Err(
                "parse error on line 1, column 1: extraneous or missing \" in quoted-field".to_owned()
            );
        };
        field.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Ok((field, after)),
        }
    }
}

fn switch(mount: &mut Mount, field: &str) -> Result<(), String> {
    match field.to_lowercase().as_str() {
        "readonly" | "ro" => mount.read_only = true,
        "volume-nocopy" => volume(mount).no_copy = true,
        "bind-nonrecursive" => bind(mount).non_recursive = true,
        _ => return Err(format!("invalid field '{field}' must be a key=value pair")),
    }
    Ok(())
}

fn set(mount: &mut Mount, field: &str, key: &str, value: &str) -> Result<(), String> {
    let invalid = || format!("invalid value for {key}: {value}");
    let bool = || crate::flags::parse_bool(value).map_err(|_| invalid());
    match key {
        "type" => mount.kind = value.to_lowercase(),
        "source" | "src" if value.starts_with('.') => mount.source = absolute(value),
        "source" | "src" => mount.source = value.to_owned(),
        "target" | "dst" | "destination" => mount.target = value.to_owned(),
        "readonly" | "ro" => mount.read_only = bool()?,
        "consistency" => mount.consistency = value.to_lowercase(),
        "bind-propagation" => bind(mount).propagation = value.to_lowercase(),
        "bind-nonrecursive" => bind(mount).non_recursive = bool()?,
        "bind-recursive" => recursive(bind(mount), key, value)?,
        "volume-subpath" => volume(mount).subpath = value.to_owned(),
        "volume-nocopy" => volume(mount).no_copy = bool()?,
        "volume-label" => insert(&mut volume(mount).labels, value),
        "volume-driver" => volume(mount).driver_config.get_or_insert_default().name = value.to_owned(),
        "volume-opt" => insert(&mut volume(mount).driver_config.get_or_insert_default().options, value),
        "image-subpath" => {
            mount.image_options = Some(ImageOptions { subpath: value.to_owned(), ..ImageOptions::default() });
        }
        "tmpfs-size" => tmpfs(mount).size_bytes = size::parse_bytes(value).map_err(|_| invalid())?,
        "tmpfs-mode" => tmpfs(mount).mode = u32::from_str_radix(value, 8).map_err(|_| invalid())?,
        _ => return Err(format!("unexpected key '{key}' in '{field}'")),
    }
    Ok(())
}

fn recursive(options: &mut BindOptions, key: &str, value: &str) -> Result<(), String> {
    match value {
        "enabled" => {}
        "disabled" => options.non_recursive = true,
        "writable" => options.read_only_non_recursive = true,
        "readonly" => options.read_only_force_recursive = true,
        _ => {
            return Err(format!(
                "invalid value for {key}: {value} (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")"
            ));
        }
    }
    Ok(())
}

fn insert(map: &mut Option<std::collections::BTreeMap<String, String>>, entry: &str) {
    let (key, value) = entry.split_once('=').unwrap_or((entry, ""));
    if !key.is_empty() {
        map.get_or_insert_default().insert(key.to_owned(), value.to_owned());
    }
}

fn bind(mount: &mut Mount) -> &mut BindOptions {
    mount.bind_options.get_or_insert_default()
}

fn volume(mount: &mut Mount) -> &mut VolumeOptions {
    let options = mount.volume_options.get_or_insert_default();
    // Docker's client always sends one.
    options.driver_config.get_or_insert_default();
    options
}

fn tmpfs(mount: &mut Mount) -> &mut TmpfsOptions {
    mount.tmpfs_options.get_or_insert_default()
}

/// What belongs together and what does not.
fn check(mount: &Mount) -> Result<(), String> {
    if mount.kind.is_empty() {
        return Err("type is required".to_owned());
    }
    if mount.target.is_empty() {
        return Err("target is required".to_owned());
    }
    let of_other_kinds = [
        ("volume", mount.volume_options.is_some()),
        ("image", mount.image_options.is_some()),
        ("bind", mount.bind_options.is_some()),
        ("tmpfs", mount.tmpfs_options.is_some()),
    ];
    for (kind, given) in of_other_kinds {
        if given && mount.kind != kind {
            return Err(format!("cannot mix '{kind}-*' options with mount type '{}'", mount.kind));
        }
    }
    let Some(options) = &mount.bind_options else { return Ok(()) };
    let requires = |mode: &str, other: &str| {
        Err(format!("option 'bind-recursive={mode}' requires '{other}' to be specified in conjunction"))
    };
    if options.read_only_non_recursive && !mount.read_only {
        return requires("writable", "readonly");
    }
    if options.read_only_force_recursive && !mount.read_only {
        return requires("readonly", "readonly");
    }
    if options.read_only_force_recursive && options.propagation != "rprivate" {
        return requires("readonly", "bind-propagation=rprivate");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_and_tmpfs_are_read() {
        let mount = parse("type=bind,src=/a,dst=/b,readonly,bind-propagation=rslave").unwrap();
        assert_eq!((mount.kind.as_str(), mount.source.as_str(), mount.target.as_str()), ("bind", "/a", "/b"));
        assert!(mount.read_only && mount.bind_options.unwrap().propagation == "rslave");
        let tmpfs =
            parse("type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770").unwrap().tmpfs_options.unwrap();
        assert_eq!((tmpfs.size_bytes, tmpfs.mode), (1 << 20, 0o1770));
    }

    #[test]
    fn quotes_protect_commas() {
        let mount = parse(r#"type=bind,"source=/a,""b",target=/c"#).unwrap();
        assert_eq!(mount.source, r#"/a,"b"#);
    }

    #[test]
    fn mistakes_are_refused_with_dockers_texts() {
        for (text, why) in [
            ("type=bind,src=/a", "target is required"),
            ("type=bind,target=/a,tmpfs-size=1m", "cannot mix 'tmpfs-*' options with mount type 'bind'"),
            ("type=bind,target=/a,colour=red", "unexpected key 'colour' in 'colour=red'"),
            ("type=bind,target=/a,rw", "invalid field 'rw' must be a key=value pair"),
            ("type=tmpfs,target=/a,tmpfs-mode=9", "invalid value for tmpfs-mode: 9"),
            (
                "type=bind,target=/a,bind-recursive=writable",
                "option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), why, "{text}");
        }
    }
}
