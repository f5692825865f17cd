#pragma once

#include <optional>
#include <string_view>

#include "common/http/message.hpp"

namespace skerry::http {

/// How the bytes of a body stand for its content. "gzip" is RFC 1952; "deflate" is zlib's format, RFC 1950.
enum class Coding { Identity, Gzip, Deflate };

/// What an Accept-Encoding header allows, best first: gzip, deflate, as it is. RFC 9110 §12.5.3.
[[nodiscard]] Coding accepted_coding(std::string_view accept_encoding);

/// Replaces a compressed body by its content; the header Content-Encoding stays. Returns what to answer where that is
/// impossible, as JSON, and the body is then unspecified: 400 damaged, 413 the content is longer than
/// `content_bytes_max`, of which no more is ever held, 415 another coding. Cost: about 5 ms a megabyte of content.
[[nodiscard]] std::optional<Response> decode_body(Request& request, std::size_t content_bytes_max);

/// Compresses the body where that makes it shorter; short ones stay as they are, since they fit one packet anyway, and
/// so do those with "Cache-Control: no-transform".
void encode_body(Response& response, Coding coding);

}  // namespace skerry::http
