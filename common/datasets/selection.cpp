#include "common/datasets/selection.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/random.hpp"

namespace skerry::datasets {
namespace {

class Selection final : public SampleSource {
public:
    Selection(std::unique_ptr<SampleSource> source, SourceOptions options, std::size_t classes)
        : source_(std::move(source)), options_(std::move(options)), classes_(static_cast<std::uint32_t>(classes)) {}

    Result<std::optional<Sample>> next() override {
        if (given_ == options_.limit) return std::optional<Sample>();
        for (; skipped_ < options_.skip; ++skipped_) {
            if (!SKERRY_TRY(next_in_order())) return std::optional<Sample>();
        }
        std::optional<Sample> sample = SKERRY_TRY(next_in_order());
        if (sample && given_ >= options_.drift_at) sample->label = (sample->label + 1) % classes_;
        ++given_;
        return sample;
    }

    [[nodiscard]] bool endless() const override {
        return source_->endless() && options_.limit == std::numeric_limits<std::uint64_t>::max();
    }

private:
    Result<std::optional<Sample>> next_in_order() {
        if (!options_.shuffle || source_->endless()) return next_wanted();
        if (!shuffled_) SKERRY_TRY(shuffle());
        if (samples_.empty()) return std::optional<Sample>();
        std::optional<Sample> sample = std::move(samples_.back());
        samples_.pop_back();
        return sample;
    }

    Result<std::optional<Sample>> next_wanted() {
        for (;;) {
            std::optional<Sample> sample = SKERRY_TRY(source_->next());
            const auto& wanted = options_.classes;
            if (!sample || wanted.empty() || std::find(wanted.begin(), wanted.end(), sample->label) != wanted.end()) {
                return sample;
            }
        }
    }

    Result<> shuffle() {
        std::size_t bytes = 0;
        while (std::optional<Sample> sample = SKERRY_TRY(next_wanted())) {
            bytes += sizeof(Sample) + sample->input.size();
            if (bytes > kShuffleBytesMax) {
                return fail(ErrorCode::InvalidInput, "the data is too large to shuffle in memory: shuffle the file");
            }
            samples_.push_back(std::move(*sample));
        }
        Random random(options_.seed);
        for (std::size_t i = samples_.size(); i > 1; --i)
            std::swap(samples_[i - 1], samples_[random.below(i)]);
        shuffled_ = true;
        return {};
    }

    std::unique_ptr<SampleSource> source_;
    SourceOptions options_;
    std::uint32_t classes_;
    std::vector<Sample> samples_;  ///< only when shuffling; taken from the back
    bool shuffled_ = false;
    std::uint64_t skipped_ = 0;
    std::uint64_t given_ = 0;
};

}  // namespace

std::unique_ptr<SampleSource> selected(std::unique_ptr<SampleSource> source, SourceOptions options,
                                       std::size_t classes) {
    return std::make_unique<Selection>(std::move(source), std::move(options), classes);
}

Result<> append_value(Bytes& sample, parameters::DataType dtype, double value) {
    if (dtype == parameters::DataType::UInt8) {
        if (!(value >= 0 && value <= 255) || value != std::floor(value)) {
            return fail(ErrorCode::InvalidInput, "must be a whole number from 0 to 255, as the model's dtype is uint8");
        }
        sample.push_back(static_cast<std::byte>(value));
        return {};
    }
    if (!(std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max()))) {
        return fail(ErrorCode::InvalidInput, "must be finite and within the range of float32");
    }
    const auto stored = static_cast<float>(value);
    const ByteView bytes = std::as_bytes(std::span(&stored, 1));
    sample.insert(sample.end(), bytes.begin(), bytes.end());
    return {};
}

}  // namespace skerry::datasets
