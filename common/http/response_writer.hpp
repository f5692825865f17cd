#pragma once

#include <string>

#include "common/http/message.hpp"

namespace skerry::http {

/// What the connection, not the handler, knows about an answer.
struct Framing {
    bool keep_alive = true;
    bool http_1_0 = false;  ///< the peer does not take keep-alive for granted
};

/// Replaces `head` with the status line and the header of `response`, up to the empty line. The memory of `head` is
/// used again. Line breaks inside values become spaces, so that no value can pass for a header.
void write_head(std::string& head, const Response& response, Framing framing);

/// A status whose answer never has a body: 204 and 304. RFC 9110 §6.4.1.
[[nodiscard]] bool has_no_body(int status);

}  // namespace skerry::http
