//! `stats`: what containers use, once or as it goes on.

mod crowd;
mod figures;
mod row;
mod screen;

use std::io::{IsTerminal as _, stdout};
use std::time::Duration;

use corten_api_client::{EventsQuery, JsonStream, ListQuery};
use corten_api_types::Filters;
use corten_api_types::event::Message;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::Table;
use crate::session::Session;
use crowd::Crowd;

/// The time between two pictures.
const PERIOD: Duration = Duration::from_millis(500);

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let format = match parsed.text("format") {
        "" | "table" => row::TABLE,
        format => format,
    };
    let show = Show {
        table: Table { format: format.to_owned(), headers: row::HEADERS },
        shorten: !parsed.is_on("no-trunc"),
        all: parsed.is_on("all"),
    };
    // A mistake in the format is told before anything is asked for.
    show.table.render([]).map_err(Failure::new)?;
    let mut crowd = Crowd::new(session.client.clone(), !parsed.is_on("no-stream"));
    let named = !parsed.arguments.is_empty();
    // Events are asked for first: what begins between the two is not missed.
    let events = if named { None } else { Some(events(&session).await?) };
    if named {
        parsed.arguments.iter().for_each(|name| crowd.watch(name));
    } else {
        let query = ListQuery { all: show.all, ..ListQuery::default() };
        let containers = session.client.container_list(&query).await?;
        containers.iter().for_each(|container| crowd.watch(&container.id));
    }
    crowd.settle().await;
    if named {
        Failure::join(&crowd.refusals())?;
    }
    if parsed.is_on("no-stream") {
        return if crowd.is_empty() { Ok(()) } else { session.print(&show.picture(&crowd)?) };
    }
    show.go_on(&session, crowd, events).await
}

/// What happens to containers from now on.
async fn events(session: &Session) -> Outcome<JsonStream<Message>> {
    let mut filters = Filters::default();
    filters.add("type", "container");
    Ok(session.client.events(&EventsQuery { filters, ..EventsQuery::default() }).await?)
}

/// How it is shown.
struct Show {
    table: Table,
    shorten: bool,
    /// Also containers that do not run.
    all: bool,
}

impl Show {
    fn picture(&self, crowd: &Crowd) -> Outcome<String> {
        let rows = crowd.entries().map(|entry| row::row(entry, self.shorten));
        self.table.render(rows).map_err(Failure::new)
    }

    /// Shows one picture after the other, until nobody looks any more or the engine ends.
    async fn go_on(
        &self,
        session: &Session,
        mut crowd: Crowd,
        mut events: Option<JsonStream<Message>>,
    ) -> Outcome {
        let on_terminal = stdout().is_terminal();
        let mut pictures = ticks();
        loop {
            tokio::select! {
                _ = pictures.tick() => {
                    let picture = self.picture(&crowd)?;
                    session.print(&if on_terminal { screen::frame(&picture) } else { picture })?;
                }
                () = crowd.listen() => {}
                event = next(&mut events) => match event? {
                    Some(event) => self.take_in(&mut crowd, &event),
                    None => return Ok(()),
                },
            }
        }
    }

    /// Containers come and go, as long as nobody has named those to show.
    fn take_in(&self, crowd: &mut Crowd, event: &Message) {
        match event.action.as_str() {
            "start" => crowd.watch(&event.actor.id),
            "create" if self.all => crowd.watch(&event.actor.id),
            "destroy" => crowd.forget(&event.actor.id),
            "die" if !self.all => crowd.forget(&event.actor.id),
            _ => {}
        }
    }
}

async fn next(events: &mut Option<JsonStream<Message>>) -> Outcome<Option<Message>> {
    match events {
        Some(events) => Ok(events.next().await?),
        None => std::future::pending().await,
    }
}

fn ticks() -> Interval {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
