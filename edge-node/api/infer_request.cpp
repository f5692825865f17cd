#include "edge-node/api/infer_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "edge-node/api/infer_document.hpp"
#include "edge-node/api/tensor_samples.hpp"
#include "edge-node/api/text_samples.hpp"

namespace skerry::node {
namespace {

constexpr std::array<std::string_view, 4> kOutputNames = {"label", "probabilities", "tier", "score"};
constexpr std::array<std::string_view, 4> kOutputDatatypes = {"INT64", "FP32", "BYTES", "FP32"};

tl::unexpected<Error> refusal(std::string sentence) {
    return fail(ErrorCode::InvalidInput, std::move(sentence));
}

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

Result<std::vector<Bytes>> samples_of(const InferDocument& document, ByteView tail, const parameters::InputSpec& input,
                                      std::size_t batch_max) {
    const std::size_t announced = document.binary_bytes.value_or(0);
    if (document.binary_bytes && document.has_data) {
        return refusal("the input has both \"data\" and \"binary_data_size\": give one of them");
    }
    if (!document.binary_bytes && !document.has_data) {
        return refusal("the input needs \"data\", or the parameter \"binary_data_size\" and its bytes behind the JSON");
    }
    if (tail.size() != announced) {
        return refusal("behind the JSON there are " + std::to_string(tail.size()) + " bytes, binary_data_size says " +
                       std::to_string(announced) + ": is " + std::string(kHeadLengthHeader) + " right?");
    }
    if (document.has_data) return document.data().samples(document.input, input, batch_max);
    return binary_samples(document.input, tail, input, batch_max);
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
    InferRequest read;
    read.samples = SKERRY_TRY(samples_of(document, tail, spec.input, batch_max));
    read.outputs = document.outputs();
    read.id = std::move(document.id);
    read.tier_max = document.tier_max;
    read.deadline = document.deadline;
    read.learn = document.learn;
    if (std::string problem = problem_of_id(read.id, read.samples.size()); !problem.empty()) {
        return refusal(std::move(problem));
    }
    return read;
}

}  // namespace skerry::node
