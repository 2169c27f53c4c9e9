//! One request under its deadlines: its body, and the answer to it.

use super::{
    activity::Activity,
    addresses::{Addresses, ClientAddress},
    deadlines::Deadlines,
    refusal::Refusal,
    response_body::{Content, ResponseBody},
};
use crate::server::sse::{HandedOver, TakesStream};
use axum::{
    Router,
    body::Body as AxumBody,
    http::{
        HeaderValue, Method,
        header::{CONNECTION, CONTENT_LENGTH},
    },
    response::{IntoResponse, Response},
};
use hyper::{
    Request,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
};
use std::{
    convert::Infallible,
    net::IpAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};
use tokio::{sync::oneshot, time::timeout};
use tower::ServiceExt;

/// Answers a request: 408 where its body does not come in time, 503 where its answer does not, 429 where its address has too many.
pub async fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: IpAddr,
    addresses: &Addresses,
    activity: &Arc<Activity>,
    deadlines: Deadlines,
) -> Response<ResponseBody> {
    let under_way = activity.begin();
    let client = addresses.client(peer, request.headers());
    let (response, place) = match addresses.enter_request(peer, client) {
        None => (Refusal::REQUESTS_OF_ADDRESS.into_response(), None),
        Some(place) => (within_deadlines(router, request, client, deadlines).await, place),
    };
    let (mut parts, body) = response.into_parts();
    let content = match parts.extensions.remove::<HandedOver>().and_then(|body| body.take()) {
        Some(stream) => {
            // The empty body's.
            parts.headers.remove(CONTENT_LENGTH);
            Content::Stream(stream)
        }
        None => Content::Body(body),
    };
    let body = ResponseBody::new(content, (under_way, place));
    activity.watch(body.watched());
    Response::from_parts(parts, body)
}

async fn within_deadlines(router: Router, request: Request<Incoming>, client: ClientAddress, deadlines: Deadlines) -> Response<AxumBody> {
    let received = Arc::new(AtomicBool::new(request.body().is_end_stream()));
    let (_wanted, unwanted) = oneshot::channel();
    let mut request = request.map(|body| AxumBody::new(RequestBody { body, received: received.clone(), unwanted }));
    request.extensions_mut().insert(client);
    if request.method() == Method::GET {
        request.extensions_mut().insert(TakesStream);
    }
    let mut response = pin!(router.oneshot(request));
    if let Ok(Ok(response)) = timeout(deadlines.body, &mut response).await {
        return response;
    }
    if !received.load(Ordering::Relaxed) {
        let mut response = Refusal::BODY_LATE.into_response();
        // What is left of the body would be read as the next request.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    match timeout(deadlines.request.saturating_sub(deadlines.body), response).await {
        Ok(Ok(response)) => response,
        Err(_) => Refusal::ANSWER_LATE.into_response(),
    }
}

/// The body of a request; notes when all of it has come. Whoever still waits for it once the request was answered gets an error: a request
/// may go on without its client.
struct RequestBody {
    body: Incoming,
    received: Arc<AtomicBool>,
    /// Closed once the request is answered.
    unwanted: oneshot::Receiver<Infallible>,
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) || self.body.is_end_stream() {
            self.received.store(true, Ordering::Relaxed);
        }
        if polled.is_pending() && Pin::new(&mut self.unwanted).poll(context).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new("the request's body did not come in time"))));
        }
        polled.map_err(axum::Error::new)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
