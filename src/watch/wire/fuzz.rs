//! Bodies of a server that is broken, or none.

use bytes::Bytes;
use serde_json::Value;

use super::envelope::MAGIC;
use super::text::one_line;
use super::{
    Change, Encoding, Frame, FrameDecoder, ListDecoder, ListItem, ListMeta, PodReader, Status, encode,
};
use super::{StatusCause, WireError};
use crate::fuzz::{Outcome, fuzz, holds, kind_of, same};
use crate::inventory::Pod;

mod naive;

const WORDS: [&str; 14] = [
    "\"items\":[",
    "\"metadata\":",
    "\"kind\":\"PodList\"",
    "{\"type\":\"ADDED\",\"object\":",
    "},{",
    "\n",
    "\\\"",
    "\"resourceVersion\":\"1\"",
    "\"image\":\"",
    "\"name\":\"\"",
    "ADDED",
    "BOOKMARK",
    "ERROR",
    "k8s\0",
];

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/wire/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `body` whole, in single bytes, and in pieces by chance, though always the same ones.
fn chunkings(body: &[u8]) -> [Vec<Bytes>; 3] {
    let mut random = fastrand::Rng::with_seed(body.len() as u64);
    let whole = Bytes::copy_from_slice(body);
    let mut rest = whole.clone();
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let length = random.usize(0..=rest.len().min(200));
        pieces.push(rest.split_to(length));
    }
    [vec![whole.clone()], body.chunks(1).map(Bytes::copy_from_slice).collect(), pieces]
}

/// What came before the end of a body, or before the error that ended it.
#[derive(Debug, PartialEq)]
struct Read<T, E> {
    pieces: Vec<T>,
    end: Result<E, String>,
}

fn frames(encoding: Encoding, chunks: &[Bytes]) -> Read<Frame, bool> {
    let mut decoder = FrameDecoder::new(encoding, &PodReader::default());
    let mut frames = Vec::new();
    let mut read = || {
        for chunk in chunks {
            decoder.push(chunk.clone());
            while let Some(frame) = decoder.next()? {
                frames.push(frame);
            }
        }
        Ok(decoder.is_between_frames())
    };
    let end = read().map_err(|error: WireError| error.to_string());
    Read { pieces: frames, end }
}

fn list(encoding: Encoding, chunks: &[Bytes]) -> Read<ListItem, ListMeta> {
    let mut decoder = ListDecoder::new(encoding, &PodReader::default());
    let mut items = Vec::new();
    let read = || {
        for chunk in chunks {
            decoder.push(chunk.clone());
            while let Some(item) = decoder.next()? {
                items.push(item);
            }
        }
        decoder.finish()
    };
    let end = read().map_err(|error| error.to_string());
    Read { pieces: items, end }
}

/// That it is the same in whatever chunks it comes; what it is.
fn unchunked<T: std::fmt::Debug + PartialEq>(body: &[u8], read: impl Fn(&[Bytes]) -> T) -> Result<T, String> {
    let [whole, bytes, pieces] = chunkings(body).map(|chunks| read(&chunks));
    same("whole and in single bytes", &whole, &bytes)?;
    same("whole and in pieces", &whole, &pieces)?;
    Ok(whole)
}

/// That a pod has a name, that it names images, and that its text is no longer than what was sent.
fn is_sound(pod: &Pod, body: &[u8]) -> Result<(), String> {
    holds("a pod has a name", !pod.name.is_empty() && !pod.namespace.is_empty())?;
    holds("a container names an image", pod.containers.iter().all(|own| !own.image.is_empty()))?;
    let text = |own: &crate::inventory::Container| {
        own.name.len() + own.image.len() + own.image_id.len() + own.container_id.len()
    };
    // A text that is no Unicode is refused, not made longer; an escape in JSON is longer than what it says.
    holds(
        "a pod is no longer than what was sent",
        pod.containers.iter().map(text).sum::<usize>() <= body.len(),
    )
}

/// That what a message tells is one short line, but for what is around the text of the server.
fn is_short(text: &str) -> Result<(), String> {
    let is_plain = |c: char| one_line(&format!("a{c}a")) == format!("a{c}a");
    let is_line = text.chars().all(is_plain) && !text.contains("  ");
    holds("a message is one short line", is_line && text.chars().count() <= 300)
}

fn frame_outcome(frame: &Frame, body: &[u8]) -> Outcome {
    match frame {
        Frame::Pod { pod, change, .. } => {
            is_sound(pod, body)?;
            Ok(format!("{change:?} {}", pod.containers.len().min(9)))
        }
        Frame::Unreadable { change, identity, reason } => {
            is_short(reason)?;
            Ok(format!("{change:?} {} {}", identity.is_some(), kind_of(reason)))
        }
        Frame::Bookmark { resource_version, ends_initial_list } => {
            holds("a bookmark marks a version", !resource_version.is_empty())?;
            Ok(format!("bookmark {ends_initial_list}"))
        }
        Frame::Error(status) => status_outcome(status),
    }
}

fn status_outcome(status: &Status) -> Outcome {
    let Status { code, reason, message, causes, retry_after } = status;
    let of_cause =
        |StatusCause { reason, message, field }: &StatusCause| [reason, message, field].map(Clone::clone);
    for text in [reason, message].into_iter().cloned().chain(causes.iter().flat_map(of_cause)) {
        is_short(&text)?;
    }
    let is = [status.is_expired(), status.is_version_too_large(), status.refuses_watch_list()];
    Ok(format!("{} {is:?} {} {}", code.min(&600) / 100, causes.len().min(3), retry_after.is_some()))
}

fn frames_outcome(encoding: Encoding, body: &[u8]) -> Outcome {
    let Read { pieces, end } = unchunked(body, |chunks| frames(encoding, chunks))?;
    let mut said = Vec::new();
    for frame in &pieces {
        said.push(frame_outcome(frame, body)?);
    }
    let said = said.pop();
    Ok(format!("{said:?} {:?}", end.map_err(|cause| kind_of(&cause))))
}

fn list_outcome(encoding: Encoding, body: &[u8]) -> Result<(String, Read<ListItem, ListMeta>), String> {
    let read = unchunked(body, |chunks| list(encoding, chunks))?;
    let mut said = Vec::new();
    for item in &read.pieces {
        said.push(match item {
            ListItem::Pod(pod) => {
                is_sound(pod, body)?;
                format!("{}", pod.containers.len().min(9))
            }
            ListItem::Unreadable { identity, reason } => {
                is_short(reason)?;
                format!("{} {}", identity.is_some(), kind_of(reason))
            }
        });
    }
    let said = said.pop();
    let end = match &read.end {
        Ok(meta) => format!("{}", meta.continue_token.is_some()),
        Err(cause) => kind_of(cause),
    };
    Ok((format!("{said:?} {end}"), read))
}

#[test]
fn frames_in_protobuf() {
    let seeds = vec![fixture("watch.pb"), encode::watch_frame("ERROR", &super::schema::Status::default())];
    fuzz("frames-protobuf", &WORDS, seeds, |body| frames_outcome(Encoding::Protobuf, body));
}

#[test]
fn frames_in_json() {
    fuzz("frames-json", &WORDS, vec![fixture("watch.json")], |body| frames_outcome(Encoding::Json, body));
}

#[test]
fn lists_in_protobuf() {
    fuzz("lists-protobuf", &WORDS, vec![fixture("list.pb")], |body| {
        list_outcome(Encoding::Protobuf, body).map(|(said, _)| said)
    });
}

/// A list that is read to its end has as many items as any other reader of JSON finds in it.
#[test]
fn lists_in_json() {
    let tricky =
        r#"{"other":[[1],"]",{}],"items":[],"kind":"PodList","metadata":{"resourceVersion":"7","x":[1,2]}}"#;
    fuzz("lists-json", &WORDS, vec![fixture("list.json"), tricky.as_bytes().to_vec()], |body| {
        let (said, read) = list_outcome(Encoding::Json, body)?;
        let Ok(naive) = serde_json::from_slice::<Value>(body) else { return Ok(said) };
        if read.end.is_ok() {
            let items = naive["items"].as_array().map_or(0, Vec::len);
            same("the items", &read.pieces.len(), &items)?;
        }
        Ok(format!("JSON {said}"))
    });
}

/// The objects of these fixtures, out of what is around them.
fn objects_in_protobuf() -> Vec<Vec<u8>> {
    use prost::Message as _;
    let body = Bytes::from(fixture("watch.pb"));
    let mut rest = body;
    let mut objects = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest.split_to(4)[..].try_into().expect("four bytes")) as usize;
        let event = super::schema::meta::WatchEvent::decode(rest.split_to(length)).expect("an event");
        let raw = event.object.expect("an object").raw;
        objects.push(super::envelope::open(raw).expect("an envelope").to_vec());
    }
    objects
}

/// An object on its own, of which any bytes may be taken for the encoding of one.
#[derive(Clone, Default, Debug, PartialEq)]
struct Sent(Vec<u8>);

impl Sent {
    fn body(&self) -> Bytes {
        use prost::Message as _;
        let type_meta = super::schema::meta::TypeMeta { api_version: "v1".into(), kind: "Pod".into() };
        let envelope =
            super::schema::meta::Unknown { type_meta: Some(type_meta), raw: self.0.clone().into() };
        [MAGIC.as_slice(), &envelope.encode_to_vec()].concat().into()
    }

    fn frame(&self) -> Vec<u8> {
        use prost::Message as _;
        let object = Some(super::schema::meta::RawExtension { raw: self.body() });
        let event = super::schema::meta::WatchEvent { r#type: "ADDED".into(), object }.encode_to_vec();
        let length = u32::try_from(event.len()).expect("an event that is not that long");
        [&length.to_be_bytes(), &event[..]].concat()
    }
}

/// Whatever an object holds, the events around it come as they are, and it is either the pod that a
/// naive reader finds in it, or told, by its name where that can be read.
#[test]
fn objects_in_protobuf_between_others() {
    let seeds = objects_in_protobuf();
    let good = Sent(seeds[0].clone());
    fuzz("objects-protobuf", &WORDS, seeds, |object| {
        let body = [good.frame(), Sent(object.to_vec()).frame(), good.frame()].concat();
        let read = unchunked(&body, |chunks| frames(Encoding::Protobuf, chunks))?;
        between(&read, || naive::Found::in_protobuf(object))?
            .map_or_else(|| Ok("no naive reading".into()), |frame| frame_outcome(frame, object))
    });
}

#[test]
fn objects_in_json_between_others() {
    let lines = String::from_utf8(fixture("watch.json")).expect("a text");
    let events = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let seeds: Vec<Vec<u8>> = events.map(|event| event["object"].to_string().into_bytes()).collect();
    let event = |object: &[u8]| [b"{\"type\":\"ADDED\",\"object\":", object, b"}\n"].concat();
    let good = event(&seeds[0]);
    fuzz("objects-json", &WORDS, seeds, |object| {
        // What is no one value on one line breaks the event around it.
        let is_value =
            serde_json::from_slice::<serde::de::IgnoredAny>(object).is_ok() && !object.contains(&b'\n');
        let body = [&good[..], &event(object), &good].concat();
        let read = unchunked(&body, |chunks| frames(Encoding::Json, chunks))?;
        if !is_value {
            holds("the event before it comes", !read.pieces.is_empty())?;
            return Ok(format!("{:?}", read.end.map_err(|cause| kind_of(&cause))));
        }
        between(&read, || naive::Found::in_json(object))?
            .map_or_else(|| Ok("no naive reading".into()), |frame| frame_outcome(frame, object))
    });
}

/// The frame between two that are good.
fn between(
    read: &Read<Frame, bool>,
    naive: impl Fn() -> Option<naive::Found>,
) -> Result<Option<&Frame>, String> {
    same("the end", &read.end, &Ok(true))?;
    let [first, frame, last] = &read.pieces[..] else {
        return Err(format!("{} frames came of three", read.pieces.len()));
    };
    same("the frames around it", first, last)?;
    holds("a good frame is a pod", matches!(first, Frame::Pod { .. }))?;
    let found = naive();
    match frame {
        Frame::Pod { change, pod, .. } => {
            same("the change", change, &Change::Added)?;
            let Some(found) = found else { return Ok(None) };
            same("the pod", &naive::Found::of(pod), &found)?;
        }
        Frame::Unreadable { identity: Some(told), .. } => {
            let Some(found) = found else { return Ok(None) };
            same("its name", &(&*told.namespace, &*told.name), &(&*found.namespace, &*found.name))?;
        }
        Frame::Unreadable { .. } => {}
        other => return Err(format!("an object that was added is {other:?}")),
    }
    Ok(Some(frame))
}

#[test]
fn statuses() {
    let pages = ["<html><head><title>502 Bad Gateway</title></head></html>", "no healthy upstream"];
    let pages = pages.iter().map(|page| page.as_bytes().to_vec());
    let seeds = [fixture("refusal.json"), fixture("refusal.pb")].into_iter().chain(pages).collect();
    fuzz("statuses", &["<", ">", "Expired", "\"code\":", "\"retryAfterSeconds\":"], seeds, |body| {
        let status = Status::decode(500, body);
        let line = status.to_string();
        holds("a status is a line", !line.contains(|c: char| c.is_control()))?;
        status_outcome(&status)
    });
}
