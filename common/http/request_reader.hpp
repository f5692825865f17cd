#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "common/http/message.hpp"

namespace skerry::http {

/// Turns the bytes of one connection into requests, one after the other. Owns no socket. Not thread-safe.
/// Bytes come as they arrive; those that were not consumed must lie in front of the next ones. Body bytes are copied
/// once, and no more memory is taken than has arrived, whatever the header announces.
class RequestReader {
public:
    enum class State {
        Incomplete,  ///< more bytes, please
        Complete,    ///< take() it
        Refused,     ///< refusal() says why; the rest of the connection cannot be understood
    };

    /// More bytes of header: 431. Of body: 413.
    RequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max);
    ~RequestReader();

    /// Reads up to the end of the current request; returns how many bytes it consumed.
    std::size_t feed(std::string_view bytes);
    [[nodiscard]] State state() const;

    /// Some of the current request has arrived.
    [[nodiscard]] bool begun() const;
    [[nodiscard]] bool header_is_complete() const;
    /// Of the current request's body: what has arrived.
    [[nodiscard]] std::size_t body_bytes() const;
    /// The peer waits for "100 Continue" before it sends the body. RFC 9110 §10.1.1.
    [[nodiscard]] bool expects_continue() const;
    /// The peer lets the connection live after the answer.
    [[nodiscard]] bool keep_alive() const;
    [[nodiscard]] bool http_1_0() const;

    /// The complete request; begin the next one with next().
    [[nodiscard]] Request take();
    /// The answer to what was refused: 400, 413, 417, 431, 501 or 505 as JSON.
    [[nodiscard]] Response refusal() const;
    void next();

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace skerry::http
