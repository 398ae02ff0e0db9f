//! The declaration of one flag.

/// What kind of value a flag takes; the names are those that Docker's help shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Text,
    List,
    CommaList,
    Map,
    /// `key=value,key=value`.
    Pairs,
    Int,
    Int64,
    Uint16,
    Uint64,
    Bytes,
    /// Bytes, or -1.
    SwapBytes,
    Decimal,
    Duration,
    Filter,
    Ip,
    Mount,
    Network,
    Ulimit,
    Gpus,
}

impl Kind {
    /// The name in Docker's help and in the facts about its flags.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Text => "string",
            Self::List => "list",
            Self::CommaList => "stringSlice",
            Self::Map => "map",
            Self::Pairs => "stringToString",
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint16 => "uint16",
            Self::Uint64 => "uint64",
            Self::Bytes | Self::SwapBytes => "bytes",
            Self::Decimal => "decimal",
            Self::Duration => "duration",
            Self::Filter => "filter",
            Self::Ip => "ip",
            Self::Mount => "mount",
            Self::Network => "network",
            Self::Ulimit => "ulimit",
            Self::Gpus => "gpu-request",
        }
    }
}

/// How a flag compares with Docker's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Support {
    /// It does what Docker's does, or is sent to the engine, which decides.
    Same,
    /// It is read and refused, but for values that ask for what happens anyway.
    Refused { why: &'static str, harmless: &'static [&'static str] },
    /// It does what Docker's does, but for one thing.
    Differs { how: &'static str },
    /// It is accepted and has no effect.
    NoOp { why: &'static str },
    /// Docker does not have it.
    Own,
}

/// Refuses a value with Docker's text.
pub(crate) type Check = fn(&str) -> Result<(), String>;

/// One flag of a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flag {
    pub(crate) name: &'static str,
    pub(crate) short: Option<char>,
    pub(crate) kind: Kind,
    pub(crate) help: &'static str,
    pub(crate) support: Support,
    /// Value when the flag is not given; empty for the kind's zero.
    pub(crate) default: &'static str,
    /// Refuses values with Docker's text, beyond what the kind asks for.
    pub(crate) check: Option<Check>,
    /// The flag whose other name this is; such names are not shown in help.
    pub(crate) alias_of: Option<&'static str>,
}

impl Flag {
    pub(crate) const fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        let (short, default, check, alias_of) = (None, "", None, None);
        Self { name, short, kind, help, support: Support::Same, default, check, alias_of }
    }

    pub(crate) const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }

    pub(crate) const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    pub(crate) const fn check(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    pub(crate) const fn alias_of(mut self, name: &'static str) -> Self {
        self.alias_of = Some(name);
        self
    }

    pub(crate) const fn refused(self, why: &'static str) -> Self {
        self.refused_but(why, &[""])
    }

    pub(crate) const fn refused_but(mut self, why: &'static str, harmless: &'static [&'static str]) -> Self {
        self.support = Support::Refused { why, harmless };
        self
    }

    pub(crate) const fn differs(mut self, how: &'static str) -> Self {
        self.support = Support::Differs { how };
        self
    }

    pub(crate) const fn no_op(mut self, why: &'static str) -> Self {
        self.support = Support::NoOp { why };
        self
    }

    pub(crate) const fn own(mut self) -> Self {
        self.support = Support::Own;
        self
    }

    /// `-m, --memory`, as messages name it.
    pub(crate) fn spelling(&self) -> String {
        match self.short {
            Some(short) => format!("-{short}, --{}", self.name),
            None => format!("--{}", self.name),
        }
    }
}
