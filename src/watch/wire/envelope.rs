//! The envelope around an object in protobuf.

use bytes::Bytes;
use prost::Message;

use super::WireError;
use super::schema::meta::Unknown;

/// What stands before every object in protobuf (`k8s.io/apimachinery`,
/// `pkg/runtime/serializer/protobuf`); an [`Unknown`] follows.
pub(super) const MAGIC: &[u8; 4] = b"k8s\0";

/// The object in an envelope.
pub(super) fn open(mut body: Bytes) -> Result<Bytes, WireError> {
    if !body.starts_with(MAGIC) {
        return Err(WireError::broken("an object", "it does not begin as protobuf of Kubernetes does"));
    }
    let envelope = Unknown::decode(body.split_off(MAGIC.len()));
    Ok(envelope.map_err(|cause| WireError::broken("the envelope of an object", &cause))?.raw)
}
