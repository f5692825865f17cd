#include "edge-node/api/text_samples.hpp"

#include "edge-node/api/refusal.hpp"

namespace skerry::node {
namespace {

/// How many texts there must be.
Result<std::size_t> count_of(const TensorHead& head, std::size_t batch_max) {
    if (head.datatype != "BYTES") {
        return refusal("the input's datatype must be BYTES: this model reads text, as strings in UTF-8");
    }
    const std::vector<std::uint64_t>& shape = head.shape;
    if (shape.empty() || shape.size() > 2 || (shape.size() == 2 && shape[1] != 1)) {
        return refusal("the input's shape is " + list_of(shape) + ", this model wants [n] or [n,1] with n texts");
    }
    if (shape[0] >= 1 && shape[0] <= batch_max) return static_cast<std::size_t>(shape[0]);
    return refusal("a request must have 1 to " + std::to_string(batch_max) + " samples, this one says " +
                   std::to_string(shape[0]));
}

}  // namespace

Result<std::vector<Bytes>> text_samples(const TensorHead& head, std::span<const std::string_view> texts,
                                        const parameters::HashedText& front_end, std::size_t batch_max) {
    const std::size_t count = SKERRY_TRY(count_of(head, batch_max));
    if (texts.size() != count) {
        return refusal("the data has " + std::to_string(texts.size()) + " texts, the shape " + list_of(head.shape) +
                       " needs " + std::to_string(count));
    }
    std::vector<Bytes> samples;
    samples.reserve(count);
    for (const std::string_view text : texts) {
        auto stored = parameters::stored_text(front_end, text);
        if (!stored)
            return refusal("text " + std::to_string(samples.size()) + " of the data: " + stored.error().message);
        samples.push_back(std::move(*stored));
    }
    return samples;
}

Result<std::vector<Bytes>> binary_text_samples(const TensorHead& head, ByteView raw,
                                               const parameters::HashedText& front_end, std::size_t batch_max) {
    const std::size_t count = SKERRY_TRY(count_of(head, batch_max));
    ByteReader reader(raw);
    std::vector<std::string_view> texts;
    for (std::size_t i = 0; i < count; ++i)
        texts.push_back(text_of(reader.get_sized(raw.size())));
    if (!reader.finished()) {
        return refusal("the binary data of the input is not " + std::to_string(count) +
                       " texts: each is its length in 4 bytes, little-endian, and its bytes");
    }
    return text_samples(head, texts, front_end, batch_max);
}

}  // namespace skerry::node
