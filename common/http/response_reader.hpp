#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "common/http/message.hpp"

namespace skerry::http {

/// Turns the bytes that follow one request into its response; interim answers (1xx) are passed over. Owns no socket.
class ResponseReader {
public:
    enum class State {
        Incomplete,  ///< more bytes, please
        Complete,    ///< take() it
        Refused,     ///< problem() says why
    };

    /// `head_only`: the request was a HEAD, whose answer announces a body that does not come.
    ResponseReader(std::size_t body_bytes_max, bool head_only);
    ~ResponseReader();

    /// Returns how many bytes it consumed; those that were not must lie in front of the next ones.
    std::size_t feed(std::string_view bytes);
    /// The peer has closed the connection, which is how an answer without a length ends.
    void feed_end();

    [[nodiscard]] State state() const;
    /// Some of the answer has arrived.
    [[nodiscard]] bool begun() const;
    /// The peer will take another request on this connection.
    [[nodiscard]] bool keep_alive() const;
    [[nodiscard]] Response take();
    /// What is wrong with the answer, to follow "the answer of … ".
    [[nodiscard]] std::string problem() const;
    /// The connection ended in the middle of the answer, which is the only problem that a repetition may solve.
    [[nodiscard]] bool broke_off() const;

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace skerry::http
