//! The document itself. Pure.

use corten_api_types::{API_VERSION, ErrorResponse};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::contract::{Body, Contract, Parameter};
use super::schemas::Schemas;
use crate::route::Route;

const DESCRIPTION: &str = "What this engine serves of Docker's Engine API, in its newest version, and the operations that Docker does not \
     have, below `/corten`. Paths may begin with an older version, as `/v1.44`; what is asked and answered then is what that version had.";

/// Describes these operations.
pub(super) fn document(routes: &[Route]) -> Value {
    let mut schemas = Schemas::new();
    let failure = schemas.answer::<ErrorResponse>();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let path = route.path.replace('*', "");
        let operations = paths.entry(path).or_insert_with(|| json!({}));
        operations[route.method.to_ascii_lowercase()] = operation(route, &mut schemas);
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Corten", "version": API_VERSION.to_string(), "description": DESCRIPTION},
        "servers": [{"url": format!("/v{API_VERSION}")}, {"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas.into_definitions(),
            "responses": {
                "Failure": {"description": "Why not.", "content": {"application/json": {"schema": failure}}},
            },
        },
    })
}

fn operation(route: &Route, schemas: &mut Schemas) -> Value {
    let contract = &route.contract;
    let parameters: Vec<Value> = in_path(route.path)
        .into_iter()
        .chain(contract.query.iter().map(|parameter| in_query(*parameter)))
        .collect();
    let mut operation = json!({"operationId": route.operation, "responses": responses(route, schemas)});
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(content) = content(contract.request, schemas) {
        operation["requestBody"] = json!({"required": contract.requires_request, "content": content});
    }
    operation
}

fn responses(route: &Route, schemas: &mut Schemas) -> Value {
    let Contract { answers, .. } = &route.contract;
    // To HEAD there is never a body.
    let failure = if route.method == "HEAD" {
        json!({"description": "Why not is not told."})
    } else {
        json!({"$ref": "#/components/responses/Failure"})
    };
    let mut responses = json!({"default": failure});
    for (status, body) in answers.iter().flatten() {
        let mut response = json!({"description": description(*status, *body)});
        if let Some(content) = content(*body, schemas) {
            response["content"] = content;
        }
        responses[status.to_string()] = response;
    }
    responses
}

fn description(status: u16, body: Body) -> &'static str {
    match body {
        Body::Documents(_) => "Documents, one after the other, each of which is as the schema says.",
        _ => {
            StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default()
        }
    }
}

/// Schemas by media type; of bytes there is none.
fn content(body: Body, schemas: &mut Schemas) -> Option<Value> {
    match body {
        Body::Nothing => None,
        Body::Json(schema) | Body::Documents(schema) => {
            Some(json!({"application/json": {"schema": schema(schemas)}}))
        }
        Body::Bytes(media_types) => {
            Some(media_types.iter().map(|name| ((*name).to_owned(), json!({}))).collect())
        }
    }
}

fn in_path(path: &str) -> Option<Value> {
    let (name, _) = path.split_once('{')?.1.split_once('}')?;
    let schema = json!({"type": "string"});
    let parameter =
        json!({"name": name.trim_end_matches('*'), "in": "path", "required": true, "schema": schema});
    Some(parameter)
}

fn in_query(parameter: Parameter) -> Value {
    let mut described = json!({"name": parameter.name(), "in": "query"});
    match parameter {
        Parameter::Flag(_) => described["schema"] = json!({"type": "boolean"}),
        Parameter::Number(_) => described["schema"] = json!({"type": "integer"}),
        Parameter::Text(_) => described["schema"] = json!({"type": "string"}),
        Parameter::Required(_) => {
            described["required"] = true.into();
            described["schema"] = json!({"type": "string"});
        }
        Parameter::Texts(_) => described["schema"] = json!({"type": "array", "items": {"type": "string"}}),
        Parameter::Word(_, words) => described["schema"] = json!({"type": "string", "enum": words}),
        Parameter::Moment(_) => {
            described["description"] =
                "Seconds since the epoch, with a fraction or without, or RFC 3339.".into();
            described["schema"] = json!({"type": "string"});
        }
        Parameter::Filters => {
            let values = json!({"anyOf": [
                {"type": "array", "items": {"type": "string"}},
                {"type": "object", "additionalProperties": {"type": "boolean"}},
            ]});
            let filters = json!({"type": "object", "additionalProperties": values});
            described["content"] = json!({"application/json": {"schema": filters}});
        }
    }
    described
}

#[cfg(test)]
mod tests;
