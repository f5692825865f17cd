#include <cmath>
#include <cstdint>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>  // Boost 1.74's Asio needs it first

#include <boost/asio/io_context.hpp>

#include "common/http/content_coding.hpp"
#include "common/http/response_reader.hpp"
#include "common/http/server.hpp"
#include "common/parameters/normaliser.hpp"
#include "edge-node/api/feedback_request.hpp"
#include "edge-node/api/infer_request.hpp"
#include "edge-node/api/json_text.hpp"
#include "tests/fuzz/promise.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/parameters/specs.hpp"

namespace {

using namespace skerry;
using fuzz::hold;
using fuzz::hold_refusal;
using fuzz::kSentenceMax;

constexpr std::size_t kSamplesMax = 4;
constexpr std::size_t kContentMax = 64 * 1024;  // of a body, once decompressed

/// 1×2×3 grey bytes, three float features, texts and recordings.
const std::vector<parameters::ModelSpec>& specs() {
    static const std::vector<parameters::ModelSpec> all = [] {
        parameters::ModelSpec image = parameters::testing::digits();
        image.input.shape = {1, 2, 3};
        parameters::ModelSpec text = parameters::testing::table(3);
        text.modality = parameters::Modality::Text;
        text.input = parameters::InputSpec::of(parameters::HashedText{.bytes = 16, .features = 64});
        parameters::ModelSpec audio = text;
        audio.modality = parameters::Modality::Audio;
        audio.input = parameters::InputSpec::of(parameters::LogMel{.samples = 256, .bands = 4, .frames = 4});
        return std::vector{image, parameters::testing::table(3), text, audio};
    }();
    return all;
}

/// The same request as another client would send it: its tensor binary.
http::Request as_binary(const node::InferRequest& read, const parameters::InputSpec& input) {
    std::string tensor;
    for (const Bytes& sample : read.samples) {
        const ByteWriter text = ByteWriter().put_sized(bytes_of(parameters::text_in(sample)));
        tensor += text_of(input.text() != nullptr ? ByteView(text.bytes()) : ByteView(sample));
    }
    std::string head = "{\"id\":";
    node::append_json(head, read.id);
    head += ",\"parameters\":{\"skerry_tier_max\":";
    node::append_json(head, name_of(read.tier_max));
    if (read.deadline) head += ",\"skerry_deadline_us\":" + std::to_string(read.deadline->count());
    head += std::string(",\"skerry_learn\":") + (read.learn ? "true" : "false");
    head += "},\"inputs\":[{\"name\":\"input\",\"datatype\":";
    node::append_json(head, node::datatype_of(input.dtype));
    const std::size_t sent = input.text() != nullptr    ? 1
                             : input.audio() != nullptr ? input.audio()->samples
                                                        : input.values();
    head += ",\"shape\":[" + std::to_string(read.samples.size()) + "," + std::to_string(sent) + "]";
    head += ",\"parameters\":{\"binary_data_size\":" + std::to_string(tensor.size()) + "}}],\"outputs\":[";
    for (const node::WantedOutput& wanted : read.outputs) {
        head += head.back() == '[' ? "{\"name\":" : ",{\"name\":";
        node::append_json(head, node::name_of(wanted.output));
        head += std::string(",\"parameters\":{\"binary_data\":") + (wanted.binary ? "true" : "false");
        if (wanted.classes) head += ",\"classification\":" + std::to_string(*wanted.classes);
        head += "}}";
    }
    head += "]}";
    http::Request request;
    request.headers = {{std::string(node::kHeadLengthHeader), std::to_string(head.size())}};
    request.body = std::move(head) + tensor;
    return request;
}

void hold_samples(const std::vector<Bytes>& samples, const parameters::InputSpec& input) {
    hold(!samples.empty() && samples.size() <= kSamplesMax, "a request has 1 to so many samples");
    for (const Bytes& sample : samples) {
        hold(sample.size() == input.sample_bytes(), "a sample has the model's size");
        const auto scaled = parameters::scaled_values(input, sample);
        hold(scaled.has_value(), "what was taken can be read");
        for (const float value : *scaled)
            hold(std::isfinite(value), "a sample's values are finite");
    }
}

void try_infer(const http::Request& request, const parameters::ModelSpec& spec) {
    const auto read = node::read_infer_request(request, spec, kSamplesMax);
    if (!read) return hold_refusal(read.error());
    hold_samples(read->samples, spec.input);
    hold(!read->outputs.empty() && read->outputs.size() <= node::kAllOutputs.size(), "an answer has 1 to 4 outputs");
    hold(node::problem_of_id(read->id, read->samples.size()).empty(), "an id that was taken may be used");
    const auto again = node::read_infer_request(as_binary(*read, spec.input), spec, kSamplesMax);
    hold(again && again->samples == read->samples && again->outputs == read->outputs && again->id == read->id &&
             again->tier_max == read->tier_max && again->deadline == read->deadline && again->learn == read->learn,
         "what is taken in one form is taken in the other");
}

/// The same models asked together, each under a name of its own.
void try_fused(const http::Request& request) {
    static const std::vector<node::NamedInput> known = {
        {"image", &specs()[0]}, {"table", &specs()[1]}, {"text", &specs()[2]}, {"audio", &specs()[3]}};
    const auto read = node::read_fused_request(request, known);
    if (!read) return hold_refusal(read.error());
    hold(read->samples.size() == known.size(), "each model has its place");
    std::size_t given = 0;
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (!read->samples[i]) continue;
        hold_samples({*read->samples[i]}, known[i].spec->input);
        ++given;
    }
    hold(given > 0, "of the inputs there is one at least");
    hold(node::problem_of_id(read->request.id, 1).empty(), "an id that was taken may be used");
}

void try_feedback(const http::Request& request, const parameters::ModelSpec& spec) {
    const auto labels = node::parse_feedback(request.body, spec);
    if (!labels) return hold_refusal(labels.error());
    for (const node::FeedbackLabel& label : *labels)
        hold(label.label < spec.classes.size() && !label.request.empty(), "a label is a class of an id");
}

void hold_answer(const http::Response& answer) {
    if (answer.status == 200) return;
    hold((answer.status >= 400 && answer.status < 500) || answer.status == 501 || answer.status == 505,
         "a malformed request is the peer's fault");
    hold(answer.body.starts_with("{\"error\":\"") && answer.body.size() <= 2 * kSentenceMax, "an error is a sentence");
}

/// "Name: value" lines up to an empty one, then the body.
http::Request request_in(std::string_view text) {
    http::Request request;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.empty()) break;
        const std::size_t colon = std::min(line.find(": "), line.size());
        request.headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 2, line.size())));
    }
    request.body = text;
    return request;
}

void try_request(std::string_view input) {
    http::Request request = request_in(input);
    if (const auto refusal = http::decode_body(request, kContentMax)) return hold_answer(*refusal);
    hold(request.body.size() <= kContentMax, "a body is no longer than it may be");
    for (const parameters::ModelSpec& spec : specs()) {
        try_infer(request, spec);
        try_feedback(request, spec);
    }
    try_fused(request);
}

/// A server and its only peer, in one thread.
class OneConnection {
public:
    OneConnection() { hold(server_.listen_unix(path_).has_value(), "the server listens"); }

    /// The peer sends the input and no more, and takes every answer.
    void play(std::string_view input) {
        const int peer = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.string().copy(address.sun_path, sizeof address.sun_path - 1);
        hold(::connect(peer, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "a peer can connect");
        hold(::send(peer, input.data(), input.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(input.size()),
             "the input fits the socket's buffer");
        ::shutdown(peer, SHUT_WR);
        std::string answers;
        for (bool ended = false; !ended;) {
            loop_.restart();
            loop_.poll();
            char buffer[4096];
            ssize_t count = 0;
            while ((count = ::recv(peer, buffer, sizeof buffer, 0)) > 0)
                answers.append(buffer, static_cast<std::size_t>(count));
            ended = count == 0 || errno != EAGAIN;
        }
        ::close(peer);
        // The answer to a HEAD announces a body that does not come, whoever gives it.
        if (input.find("HEAD") == std::string_view::npos) hold_answers(answers);
    }

private:
    void handle(http::Request request, const http::Respond& respond) {
        const auto read = node::read_infer_request(request, specs().back(), kSamplesMax);
        if (read) return respond({.body = std::move(request.body)});
        hold_refusal(read.error());
        respond(http::error_response(400, read.error().message));
    }

    static void hold_answers(std::string_view answers) {
        while (!answers.empty()) {
            http::ResponseReader reader(kContentMax, false);
            answers.remove_prefix(reader.feed(answers));
            if (!reader.begun()) return;  // the leave to send a body that did not come
            hold(reader.state() == http::ResponseReader::State::Complete, "an answer is whole, and is HTTP");
            hold_answer(reader.take());
        }
    }

    TemporaryFolder folder_;
    const std::filesystem::path path_ = folder_ / "http.sock";
    boost::asio::io_context loop_;
    http::Server server_{loop_, {.body_bytes_max = kContentMax}, [this](http::Request request, http::Respond respond) {
                             handle(std::move(request), respond);
                         }};
};

}  // namespace

// An input that begins with '>' is what a peer sends over a connection; another one is a request, as request_in reads
// it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static OneConnection connection;
    const std::string_view input = text_of(std::as_bytes(std::span(data, size)));
    if (input.starts_with('>')) {
        connection.play(input.substr(1));
    } else {
        try_request(input);
    }
    return 0;
}
