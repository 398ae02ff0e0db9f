//! Who waits for whom when many containers start at once: one that needs another's network, processes or address needs that to run. Pure.

/// For each of `wanted` (an id, and the ids that it needs), the positions of those among them that it waits for. Where some need each
/// other, one of them does not wait.
pub(crate) fn awaited(wanted: &[(String, Vec<String>)]) -> Vec<Vec<usize>> {
    let mut order =
        Order { wanted, awaited: vec![Vec::new(); wanted.len()], visited: vec![Visit::Not; wanted.len()] };
    for position in 0..wanted.len() {
        order.visit(position);
    }
    order.awaited
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    Not,
    UnderWay,
    Done,
}

struct Order<'a> {
    wanted: &'a [(String, Vec<String>)],
    awaited: Vec<Vec<usize>>,
    visited: Vec<Visit>,
}

impl Order<'_> {
    fn visit(&mut self, position: usize) {
        if self.visited[position] != Visit::Not {
            return;
        }
        self.visited[position] = Visit::UnderWay;
        for needed in &self.wanted[position].1 {
            let Some(other) = self.wanted.iter().position(|(id, _)| id == needed) else { continue };
            self.visit(other);
            // One that is under way waits for this one.
            if self.visited[other] == Visit::Done {
                self.awaited[position].push(other);
            }
        }
        self.visited[position] = Visit::Done;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &[(&str, &[&str])], expected: &[&[usize]]) {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let wanted: Vec<(String, Vec<String>)> =
            wanted.iter().map(|(id, needed)| ((*id).to_owned(), owned(needed))).collect();
        assert_eq!(awaited(&wanted), expected, "{wanted:?}");
    }

    #[test]
    fn who_needs_another_waits_for_it_and_a_circle_begins_somewhere() {
        check(&[("sidecar", &["web"]), ("web", &["db", "gone"]), ("db", &[])], &[&[1], &[2], &[]]);
        check(&[("a", &["b"]), ("b", &["a"])], &[&[1], &[]]);
        check(&[("a", &["a"])], &[&[]]);
    }
}
