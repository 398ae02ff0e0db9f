//! The way of a request: from its head to the operation that it asks for, and to its answer.

use http::Response;
use hyper::body::Incoming;

use crate::body::AnswerBody;
use crate::hijack::Takeover;
use crate::request::Request;
use crate::request_body::RequestBody;
use crate::respond::{self, Answer};
use crate::server::{Server, UnderWay};
use crate::{route, version};

/// Answers a request; whatever goes wrong is an answer too.
pub(crate) async fn answer(
    server: &Server,
    request: hyper::Request<Incoming>,
    takeover: &Takeover,
) -> Response<AnswerBody> {
    let mut under_way = UnderWay::new(server, request.method().clone(), request.uri().clone());
    let answer = find_and_answer(server, request, takeover, &mut under_way).await;
    match &answer {
        Ok(response) => under_way.answered(response.status(), None),
        Err(failure) => under_way.answered(failure.status, Some(&failure.message)),
    }
    let mut response = answer.unwrap_or_else(respond::failure);
    respond::add_engine_headers(&mut response);
    response
}

async fn find_and_answer(
    server: &Server,
    request: hyper::Request<Incoming>,
    takeover: &Takeover,
    under_way: &mut UnderWay<'_>,
) -> Answer {
    let path = request.uri().path().to_owned();
    let request = Request::new(request.map(RequestBody::new), version::split(&path)?, takeover);
    let Some((route, name)) = route::find(&request) else { return route::unknown(&request) };
    under_way.is_about(route.operation);
    route::answer(route, server, name, request).await
}
