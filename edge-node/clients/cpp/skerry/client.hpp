#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "connection.hpp"

/// Asks a Skerry node, and tells it the truth. Needs C++20, POSIX sockets and nlohmann/json, and nothing to link.
///
///     #include <skerry/client.hpp>
///     skerry::client::Node node("http://127.0.0.1:8000", "digits");      // or "unix:/var/lib/skerry/node/infer.sock"
///     const auto answer = node.infer(pixels);                            // a vector, array or span of numbers
///     node.feedback({{answer.id, 3}});
namespace skerry::client {

/// What the node said about one sample, or about each of a batch.
struct Answer {
    std::string id;                                 ///< of the request; of a batch the samples are "id/0", "id/1", …
    std::string version;                            ///< of the weights that answered
    std::vector<std::int64_t> labels;               ///< class indices
    std::vector<std::vector<float>> probabilities;  ///< of each class
    std::vector<std::string> tiers;                 ///< "light", "medium" or "heavy"
    std::vector<float> scores;                      ///< 0 obvious … 1 a tie
    bool anytime = false;                           ///< the deadline came first: this is the best answer until then
};

struct InferOptions {
    std::string id{};                       ///< empty: the node makes one
    std::string tier_max{};                 ///< "light", "medium", "heavy": no deeper exit answers; empty: any
    std::chrono::microseconds deadline{0};  ///< how long after its arrival the answer may leave; 0: as long as it takes
    bool learn = true;                      ///< false: nothing is learned from these samples
};

/// The truth about one sample.
struct Label {
    std::string id;
    std::variant<std::uint32_t, std::string> truth;  ///< the class, as its index or name
};

/// What became of labels: a count of each state, and the state of each label in their order.
struct Taken {
    std::size_t accepted = 0;
    std::size_t duplicate = 0;
    std::size_t expired = 0;
    std::size_t unknown = 0;
    std::size_t conflict = 0;
    std::vector<std::string> states{};
};

struct NodeOptions {
    std::chrono::milliseconds timeout{30'000};  ///< of each wait for the node
    /// For how long a request is repeated while the node is full (503) or behind with learning (429); 0: never.
    std::chrono::milliseconds patience{10'000};
};

/// One node and one model that it serves. Keeps a connection open; one thread at a time. Every call may throw
/// NodeError.
class Node {
public:
    /// std::invalid_argument: the address is neither "http://HOST:PORT" nor "unix:PATH".
    Node(std::string address, std::string_view model, NodeOptions options = {})
        : connection_(std::move(address), options.timeout), path_("/v2/models/" + encoded(model)), options_(options) {}

    [[nodiscard]] bool ready() {
        return connection_.exchange("GET " + path_ + "/ready HTTP/1.1\r\n", "").status == 200;
    }
    [[nodiscard]] nlohmann::json metadata() {
        return understood([&] { return nlohmann::json::parse(ask("GET", "", "", "").body); });
    }
    /// Counts and times since the node started, as Triton's statistics extension has them.
    [[nodiscard]] nlohmann::json stats() {
        return understood(
            [&] { return nlohmann::json::parse(ask("GET", "/stats", "", "").body).at("model_stats").at(0); });
    }

    /// Classifies one sample or a batch of them: a vector, array or span of numbers in row-major order; of a model that
    /// reads text a string, which is one text, of one that reads audio one recording of any length.
    /// std::invalid_argument: no whole number of samples.
    template <class Samples>
    Answer infer(const Samples& samples, const InferOptions& options = {}) {
        using Value = std::remove_cv_t<std::remove_pointer_t<decltype(std::data(samples))>>;
        const std::string_view bytes(reinterpret_cast<const char*>(std::data(samples)),
                                     std::size(samples) * sizeof(Value));
        if constexpr (std::is_same_v<Value, char>) {
            if (describe() == "BYTES") return infer(std::vector<std::string>{std::string(bytes)}, options);
        }
        return infer_bytes(datatype_of<Value>(), std::size(samples), bytes, options);
    }
    /// Classifies texts.
    Answer infer(const std::vector<std::string>& texts, const InferOptions& options = {}) {
        std::string bytes;
        for (const std::string& text : texts) {
            const auto length = static_cast<std::uint32_t>(text.size());
            bytes.append(reinterpret_cast<const char*>(&length), sizeof length).append(text);
        }
        return infer_bytes("BYTES", texts.size(), bytes, options);
    }

    /// The truth about earlier requests. What was accepted is durable when this returns; repeating a label is harmless.
    Taken feedback(const std::vector<Label>& labels) {
        nlohmann::json list = nlohmann::json::array();
        for (const Label& label : labels) {
            nlohmann::json truth;
            std::visit([&truth](const auto& given) { truth = given; }, label.truth);
            list.push_back({{"id", label.id}, {"label", std::move(truth)}});
        }
        const std::string body = nlohmann::json{{"feedback", std::move(list)}}.dump();
        return understood([&] {
            const nlohmann::json counts =
                nlohmann::json::parse(ask("POST", "/feedback", "Content-Type: application/json\r\n", body).body);
            Taken taken;
            counts.at("accepted").get_to(taken.accepted);
            counts.at("duplicate").get_to(taken.duplicate);
            counts.at("expired").get_to(taken.expired);
            counts.at("unknown").get_to(taken.unknown);
            counts.at("conflict").get_to(taken.conflict);
            for (const nlohmann::json& result : counts.at("results"))
                taken.states.push_back(result.at("state").get<std::string>());
            return taken;
        });
    }

private:
    static_assert(std::endian::native == std::endian::little, "a binary tensor is little-endian");

    template <class Value>
    static std::string datatype_of() {
        static_assert(std::is_arithmetic_v<Value> && sizeof(Value) <= 8, "a sample is made of numbers");
        if constexpr (std::is_same_v<Value, bool>) return "BOOL";
        if constexpr (std::is_same_v<Value, char>) return "UINT8";  // a byte, whatever its sign here
        const std::string kind = std::is_floating_point_v<Value> ? "FP" : std::is_signed_v<Value> ? "INT" : "UINT";
        return kind + std::to_string(8 * sizeof(Value));
    }

    /// What the model takes, asked for once: its datatype.
    const std::string& describe() {
        if (!sample_.empty()) return datatype_;
        return understood([&]() -> const std::string& {
            const nlohmann::json input = metadata().at("inputs").at(0);
            datatype_ = input.value("datatype", "");
            sample_ = input.at("shape");
            return datatype_;
        });
    }

    Answer infer_bytes(const std::string& datatype, std::size_t values, std::string_view bytes,
                       const InferOptions& options) {
        return understood([&] {
            describe();
            nlohmann::json shape = sample_;
            std::size_t sample = 1;
            for (std::size_t i = 1; i < shape.size(); ++i) {
                if (shape[i] == -1) shape[i] = values;  // a recording, of any length
                sample *= shape[i].get<std::size_t>();
            }
            if (sample == 0 || values == 0 || values % sample != 0) {
                throw std::invalid_argument("there are " + std::to_string(values) + " values, a sample has " +
                                            std::to_string(sample));
            }
            shape[0] = values / sample;
            nlohmann::json parameters = {{"binary_data_output", true}, {"skerry_learn", options.learn}};
            if (!options.tier_max.empty()) parameters["skerry_tier_max"] = options.tier_max;
            if (options.deadline.count() != 0) parameters["skerry_deadline_us"] = options.deadline.count();
            const nlohmann::json tensor = {{"name", "input"},
                                           {"datatype", datatype},
                                           {"shape", std::move(shape)},
                                           {"parameters", {{"binary_data_size", bytes.size()}}}};
            const nlohmann::json head = {
                {"id", options.id}, {"parameters", std::move(parameters)}, {"inputs", nlohmann::json::array({tensor})}};
            std::string body = head.dump();
            const std::string headers = "Content-Type: application/octet-stream\r\nInference-Header-Content-Length: " +
                                        std::to_string(body.size()) + "\r\n";
            return answer_in(ask("POST", "/infer", headers, body.append(bytes)));
        });
    }

    static Answer answer_in(const Reply& reply) {
        const std::string length = reply.header("inference-header-content-length");
        std::string_view rest = reply.body;
        const nlohmann::json document =
            nlohmann::json::parse(taken_from(rest, std::strtoull(length.c_str(), nullptr, 10)));
        Answer answer;
        document.at("id").get_to(answer.id);
        document.at("model_version").get_to(answer.version);
        answer.anytime = document.at("parameters").value("skerry_anytime", false);
        for (const nlohmann::json& output : document.at("outputs")) {
            const auto bytes = taken_from(rest, output.at("parameters").at("binary_data_size").get<std::size_t>());
            const auto name = output.at("name").get<std::string>();
            if (name == "label") answer.labels = numbers_in<std::int64_t>(bytes);
            if (name == "score") answer.scores = numbers_in<float>(bytes);
            if (name == "tier") answer.tiers = texts_in(bytes);
            if (name == "probabilities") {
                answer.probabilities = rows_in(bytes, output.at("shape").at(1).get<std::size_t>());
            }
        }
        return answer;
    }

    static std::string_view taken_from(std::string_view& tail, std::size_t size) {
        if (size > tail.size()) throw std::out_of_range("the answer ends before its outputs");
        const std::string_view bytes = tail.substr(0, size);
        tail.remove_prefix(size);
        return bytes;
    }

    template <class Number>
    static std::vector<Number> numbers_in(std::string_view bytes) {
        std::vector<Number> numbers(bytes.size() / sizeof(Number));
        std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(Number));
        return numbers;
    }

    static std::vector<std::vector<float>> rows_in(std::string_view bytes, std::size_t classes) {
        std::vector<std::vector<float>> rows;
        while (!bytes.empty() && classes > 0)
            rows.push_back(numbers_in<float>(taken_from(bytes, classes * sizeof(float))));
        return rows;
    }

    static std::vector<std::string> texts_in(std::string_view bytes) {
        std::vector<std::string> texts;
        while (!bytes.empty()) {
            const std::uint32_t length = numbers_in<std::uint32_t>(taken_from(bytes, sizeof(std::uint32_t)))[0];
            texts.emplace_back(taken_from(bytes, length));
        }
        return texts;
    }

    /// The reply to a request that was accepted, if need be after some repetitions.
    Reply ask(const std::string& method, const std::string& verb, const std::string& headers, std::string_view body) {
        const std::string head = method + " " + path_ + verb + " HTTP/1.1\r\n" + headers;
        const auto give_up = std::chrono::steady_clock::now() + options_.patience;
        while (true) {
            Reply reply = connection_.exchange(head, body);
            if (reply.status == 200) return reply;
            const std::chrono::milliseconds wait = retry_after(reply);
            const bool later = (reply.status == 429 || reply.status == 503) && wait.count() > 0;
            if (!later || wait > give_up - std::chrono::steady_clock::now()) throw refusal(reply);
            std::this_thread::sleep_for(wait);
        }
    }

    static NodeError refusal(const Reply& reply) {
        const nlohmann::json document = nlohmann::json::parse(reply.body, nullptr, false);
        const bool ours = document.is_object() && document.contains("error") && document["error"].is_string();
        return {reply.status, ours ? document["error"].get<std::string>() : reply.body};
    }

    /// 0: it names no time. The node's own header knows milliseconds.
    static std::chrono::milliseconds retry_after(const Reply& reply) {
        const std::string exactly = reply.header("skerry-retry-after-ms");
        const std::string seconds = reply.header("retry-after");
        constexpr long long kLongest = 24 * 3600;  // whoever names more is not waited for
        if (exactly.empty())
            return std::chrono::seconds(std::min(std::strtoll(seconds.c_str(), nullptr, 10), kLongest));
        return std::chrono::milliseconds(std::min(std::strtoll(exactly.c_str(), nullptr, 10), kLongest * 1000));
    }

    /// An answer that holds something else than it should is as bad as none.
    template <class Reading>
    static auto understood(Reading reading) -> decltype(reading()) {
        try {
            return reading();
        } catch (const nlohmann::json::exception& error) {
            throw NodeError(0, std::string("the node's answer cannot be understood: ") + error.what());
        } catch (const std::out_of_range& error) {
            throw NodeError(0, std::string("the node's answer cannot be understood: ") + error.what());
        }
    }

    static std::string encoded(std::string_view text) {
        constexpr std::string_view kHex = "0123456789ABCDEF";
        std::string out;
        for (const char c : text) {
            const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                               std::string_view("-._~").find(c) != std::string_view::npos;
            if (plain) {
                out += c;
            } else {
                const auto byte = static_cast<unsigned char>(c);
                out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
            }
        }
        return out;
    }

    Connection connection_;
    const std::string path_;
    const NodeOptions options_;
    nlohmann::json sample_;  ///< the input's shape, as the metadata has it; empty: not asked yet
    std::string datatype_;   ///< of it
};

}  // namespace skerry::client
