#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/error.hpp"
#include "common/http/message.hpp"

namespace skerry::http {

struct ClientOptions {
    std::chrono::milliseconds connect_time{5000};
    /// From the first byte of the request to the last of the answer.
    std::chrono::milliseconds request_time{30'000};
    std::size_t response_bytes_max = std::size_t{256} << 20U;
};

/// A blocking HTTP/1.1 client that keeps its connection open between requests. Never throws. One thread at a time.
class Client {
public:
    /// "http://127.0.0.1:8000", "http://[::1]:8000" or "unix:/run/skerry/admin.sock".
    /// InvalidInput: another kind of address. Unavailable: nobody listens there, with a sentence on what to start.
    [[nodiscard]] static Result<Client> connect(std::string_view address, ClientOptions options = {});

    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    /// One exchange; `target` is the path with its query, already percent-encoded. Any status is a success here.
    /// A connection that the server closed while it was idle is replaced before sending; one that dies under a GET,
    /// HEAD, PUT or DELETE is replaced once. A POST that may have arrived is never repeated.
    /// Unavailable: no connection, or no whole answer in time. InvalidInput: the answer is no HTTP or too long.
    [[nodiscard]] Result<Response> request(std::string_view method, std::string_view target, std::string body = {},
                                           const Headers& headers = {});

private:
    struct State;
    explicit Client(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

/// `text` with every byte outside A–Z a–z 0–9 - . _ ~ percent-encoded, for paths and queries.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace skerry::http
