//! `system check`: compares records with what is on disk.

use corten_api_types::corten::Problem;

use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let format = parsed.text("format");
    if !matches!(format, "" | "json") {
        return Err(Failure::new(format!("invalid format `{format}`: only json is built")));
    }
    let report = session.client.check(parsed.is_on("repair"), parsed.is_on("layers")).await?;
    if format == "json" {
        session.line(&serde_json::json!(report).to_string())?;
    } else {
        let lines = |label: &str, problems: &[Problem]| -> Vec<String> {
            problems
                .iter()
                .map(|found| format!("{label}: {} {}: {}", found.kind, found.object, found.detail))
                .collect()
        };
        let mut text = [lines("Repaired", &report.repaired), lines("Problem", &report.problems)].concat();
        if text.is_empty() {
            text.push("No problems found".to_owned());
        }
        text.extend(lines("Note", &report.notes));
        session.line(&text.join("\n"))?;
    }
    // Scripts learn from the exit code that something is still wrong.
    if report.problems.is_empty() { Ok(()) } else { Err(Failure::with_code(1, "")) }
}
