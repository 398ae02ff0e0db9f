//! `why`: what is known of a container's end, its next start or its health.

use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let format = parsed.text("format");
    if !matches!(format, "" | "json") {
        return Err(Failure::new(format!("invalid format `{format}`: only json is built")));
    }
    let [question, container] = &parsed.arguments[..] else {
        return Err(Failure::new("`why` takes a question (died, restarted or unhealthy) and a container"));
    };
    let why = session.client.why(question, container).await?;
    if format == "json" {
        return session.line(&serde_json::json!(why).to_string());
    }
    session.line(&why.answer.join("\n"))
}
