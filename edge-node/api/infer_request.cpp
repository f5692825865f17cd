#include "edge-node/api/infer_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/utf8.hpp"
#include "edge-node/api/infer_document.hpp"
#include "edge-node/api/refusal.hpp"
#include "edge-node/api/tensor_samples.hpp"
#include "edge-node/api/text_samples.hpp"

namespace skerry::node {
namespace {

constexpr std::array<std::string_view, 4> kOutputNames = {"label", "probabilities", "tier", "score"};
constexpr std::array<std::string_view, 4> kOutputDatatypes = {"INT64", "FP32", "BYTES", "FP32"};

/// The bytes of JSON at the beginning of the body; nothing: all of it, as the header is not there.
Result<std::optional<std::size_t>> head_length(const http::Request& request, std::size_t body_bytes) {
    const std::string_view text = request.header(kHeadLengthHeader);
    if (text.empty()) return std::nullopt;
    std::size_t length = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (failure != std::errc() || end != text.data() + text.size() || length > body_bytes) {
        return refusal(std::string(kHeadLengthHeader) + " must be the bytes of JSON at the beginning of the body, " +
                       std::to_string(body_bytes) + " at most");
    }
    return length;
}

Result<InferRequest> raw_request(ByteView body, const parameters::ModelSpec& spec, std::size_t batch_max) {
    TensorHead head;
    head.datatype = datatype_of(spec.input.dtype);
    head.shape = {body.size() / spec.input.sample_bytes(), spec.input.values()};
    InferRequest request;
    if (spec.input.text() != nullptr) {
        head.shape = {1};
        const std::string_view text = text_of(body);
        request.samples = SKERRY_TRY(text_samples(head, {&text, 1}, *spec.input.text(), batch_max));
    } else {
        if (spec.input.audio() != nullptr) head.shape = {body.size() / sizeof(std::int16_t)};
        request.samples = SKERRY_TRY(binary_samples(head, body, spec.input, batch_max));
    }
    request.outputs = InferDocument({}, 0).outputs();
    return request;
}

/// Of one input; `tail` are the bytes behind the JSON that are its own.
Result<std::vector<Bytes>> samples_of(const InferDocument::Input& given, ByteView tail,
                                      const parameters::InputSpec& input, std::size_t batch_max) {
    if (given.has_data) return given.data.samples(given.head, input, batch_max);
    return binary_samples(given.head, tail, input, batch_max);
}

/// The bytes behind the JSON are those that the inputs announce.
Result<> check_tail(const InferDocument& document, std::size_t tail_bytes) {
    std::size_t announced = 0;
    for (const InferDocument::Input& input : document.inputs) {
        if (input.binary_bytes && input.has_data) {
            return refusal("the input has both \"data\" and \"binary_data_size\": give one of them");
        }
        if (!input.binary_bytes && !input.has_data) {
            return refusal(
                "the input needs \"data\", or the parameter \"binary_data_size\" and its bytes behind the JSON");
        }
        announced += std::min(input.binary_bytes.value_or(0), limits::kHttpBodyBytesMax);
    }
    if (tail_bytes == announced) return {};
    return refusal("behind the JSON there are " + std::to_string(tail_bytes) + " bytes, binary_data_size says " +
                   std::to_string(announced) + ": is " + std::string(kHeadLengthHeader) + " right?");
}

/// What a document says of the request itself.
Result<InferRequest> request_of(InferDocument& document, std::size_t rows) {
    InferRequest read;
    read.outputs = document.outputs();
    read.id = std::move(document.id);
    read.tier_max = document.tier_max;
    read.deadline = document.deadline;
    read.learn = document.learn;
    if (std::string problem = problem_of_id(read.id, rows); !problem.empty()) return refusal(std::move(problem));
    return read;
}

}  // namespace

std::string_view name_of(Output output) {
    return kOutputNames[static_cast<std::size_t>(output)];
}

std::string_view datatype_of(Output output) {
    return kOutputDatatypes[static_cast<std::size_t>(output)];
}

std::string problem_of_id(std::string_view id, std::size_t rows) {
    const std::size_t suffix = rows > 1 ? 1 + std::to_string(rows - 1).size() : 0;  // "/63"
    if (id.size() + suffix > limits::kRequestIdBytesMax) {
        return "\"id\" must be at most " + std::to_string(limits::kRequestIdBytesMax - suffix) + " bytes long";
    }
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    return std::any_of(id.begin(), id.end(), control) ? "\"id\" must not hold control characters" : "";
}

Result<InferRequest> read_infer_request(const http::Request& request, const parameters::ModelSpec& spec,
                                        std::size_t batch_max) {
    const std::string_view body = request.body;
    const std::optional<std::size_t> head = SKERRY_TRY(head_length(request, body.size()));
    if (head == 0U) return raw_request(bytes_of(body), spec, batch_max);
    InferDocument document(body.substr(0, head.value_or(body.size())), values_sent_max(spec.input, batch_max));
    SKERRY_TRY(document.read());
    const ByteView tail = bytes_of(body.substr(head.value_or(body.size())));
    const InferDocument::Input& input = document.inputs.front();
    if (input.name != kInputName) return refusal("this model's input is named \"input\"");
    SKERRY_TRY(check_tail(document, tail.size()));
    std::vector<Bytes> samples = SKERRY_TRY(samples_of(input, tail, spec.input, batch_max));
    InferRequest read = SKERRY_TRY(request_of(document, samples.size()));
    read.samples = std::move(samples);
    return read;
}

Result<FusedInferRequest> read_fused_request(const http::Request& request, std::span<const NamedInput> known) {
    const std::string_view body = request.body;
    const std::size_t head = SKERRY_TRY(head_length(request, body.size())).value_or(body.size());
    std::size_t values_max = 0;
    for (const NamedInput& one : known)
        values_max = std::max(values_max, values_sent_max(one.spec->input, 1));
    InferDocument document(body.substr(0, head), values_max, known.size());
    SKERRY_TRY(document.read());
    ByteView tail = bytes_of(body.substr(head));
    SKERRY_TRY(check_tail(document, tail.size()));
    FusedInferRequest read;
    read.samples.resize(known.size());
    for (const InferDocument::Input& input : document.inputs) {
        const ByteView own = tail.first(input.binary_bytes.value_or(0));
        tail = tail.subspan(own.size());
        const auto found =
            std::find_if(known.begin(), known.end(), [&](const NamedInput& one) { return one.name == input.name; });
        if (found == known.end())
            return refusal("there is no input '" + std::string(whole_characters(input.name, 64)) +
                           "' here: inputs are named after the models");
        std::optional<Bytes>& sample = read.samples[static_cast<std::size_t>(found - known.begin())];
        if (sample) return refusal("the input '" + input.name + "' is given twice");
        auto samples = samples_of(input, own, found->spec->input, 1);
        if (!samples) return refusal("input '" + input.name + "': " + samples.error().message);
        sample = std::move(samples->front());
    }
    read.request = SKERRY_TRY(request_of(document, 1));
    return read;
}

}  // namespace skerry::node
