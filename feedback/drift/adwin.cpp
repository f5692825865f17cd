#include "feedback/drift/adwin.hpp"

#include <cmath>

namespace skerry::feedback {
namespace {

constexpr std::size_t kBucketsPerRow = 5;
constexpr std::size_t kRowsMax = 48;  // 2^48 errors: more than a node ever sees
constexpr double kPartMin = 5;        // a smaller part of the window has no mean worth comparing
constexpr std::uint64_t kWindowMin = 10;

double bits_of_row(std::size_t row) {
    return std::ldexp(1.0, static_cast<int>(row));
}

// Σ (x − mean)² of two parts together, from each part's own.
double joined_spread(double spread_a, double size_a, double mean_a, double spread_b, double size_b, double mean_b) {
    const double gap = mean_a - mean_b;
    return spread_a + spread_b + gap * gap * size_a * size_b / (size_a + size_b);
}

}  // namespace

void Adwin::add(bool error) {
    const double value = error ? 1.0 : 0.0;
    if (rows_.empty()) rows_.emplace_back();
    rows_.front().push_back(Bucket{value, 0.0});
    if (size_ > 0) spread_ = joined_spread(spread_, static_cast<double>(size_), mean(), 0.0, 1.0, value);
    ++size_;
    sum_ += value;
    compress();
}

void Adwin::compress() {
    for (std::size_t row = 0; row < rows_.size() && rows_[row].size() > kBucketsPerRow; ++row) {
        if (row + 1 == rows_.size()) rows_.emplace_back();
        const double bits = bits_of_row(row);
        const Bucket first = rows_[row][0];
        const Bucket second = rows_[row][1];
        rows_[row].erase(rows_[row].begin(), rows_[row].begin() + 2);
        rows_[row + 1].push_back(Bucket{first.sum + second.sum, joined_spread(first.spread, bits, first.sum / bits,
                                                                              second.spread, bits, second.sum / bits)});
    }
}

void Adwin::drop_oldest() {
    Row& row = rows_.back();
    const double bits = bits_of_row(rows_.size() - 1);
    const Bucket oldest = row.front();
    row.pop_front();
    if (row.empty()) rows_.pop_back();
    size_ -= static_cast<std::uint64_t>(bits);
    sum_ -= oldest.sum;
    if (size_ == 0) {
        spread_ = 0;
        return;
    }
    const double rest = static_cast<double>(size_);
    const double gap = oldest.sum / bits - sum_ / rest;
    spread_ = std::max(0.0, spread_ - oldest.spread - gap * gap * bits * rest / (bits + rest));
}

bool Adwin::cut_holds(double old_size, double old_sum, double new_size, double new_sum) const {
    if (old_size < kPartMin || new_size < kPartMin) return false;
    const double total = static_cast<double>(size_);
    const double caution = std::log(2.0 * std::log(total) / confidence_);
    const double harmonic = 1.0 / old_size + 1.0 / new_size;
    const double bound = std::sqrt(2.0 * harmonic * (spread_ / total) * caution) + 2.0 / 3.0 * harmonic * caution;
    return std::abs(old_sum / old_size - new_sum / new_size) > bound;
}

Adwin::Verdict Adwin::check() {
    Verdict verdict;
    for (bool cut = true; cut && size_ > kWindowMin;) {
        cut = false;
        double old_size = 0;
        double old_sum = 0;
        for (std::size_t row = rows_.size(); row-- > 0 && !cut;) {
            for (const Bucket& bucket : rows_[row]) {
                old_size += bits_of_row(row);
                old_sum += bucket.sum;
                const double new_size = static_cast<double>(size_) - old_size;
                const double new_sum = sum_ - old_sum;
                if (!cut_holds(old_size, old_sum, new_size, new_sum)) continue;
                cut = true;
                // The first cut says which way; those after it only trim what is left of the past.
                if (!verdict.changed) verdict = {true, new_sum / new_size > old_sum / old_size};
                break;
            }
        }
        if (cut) drop_oldest();
    }
    return verdict;
}

void Adwin::save(ByteWriter& to) const {
    to.put(size_).put(sum_).put(spread_).put(static_cast<std::uint32_t>(rows_.size()));
    for (const Row& row : rows_) {
        to.put(static_cast<std::uint32_t>(row.size()));
        for (const Bucket& bucket : row)
            to.put(bucket.sum).put(bucket.spread);
    }
}

Result<Adwin> Adwin::load(ByteReader& from, double confidence) {
    const auto damaged = [] { return fail(ErrorCode::InvalidInput, "the drift detector's saved window is damaged"); };
    Adwin adwin(confidence);
    adwin.size_ = from.get<std::uint64_t>();
    adwin.sum_ = from.get<double>();
    adwin.spread_ = from.get<double>();
    const auto rows = from.get<std::uint32_t>();
    if (!from.ok() || rows > kRowsMax) return damaged();
    double bits = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        const auto buckets = from.get<std::uint32_t>();
        if (!from.ok() || buckets > kBucketsPerRow) return damaged();
        Row& filled = adwin.rows_.emplace_back();
        for (std::size_t i = 0; i < buckets; ++i) {
            filled.push_back(Bucket{from.get<double>(), from.get<double>()});
            bits += bits_of_row(row);
        }
    }
    const bool whole = from.ok() && static_cast<double>(adwin.size_) == bits &&
                       (adwin.rows_.empty() || !adwin.rows_.back().empty()) && adwin.sum_ >= 0 && adwin.sum_ <= bits &&
                       adwin.spread_ >= 0 && adwin.spread_ <= bits;
    if (!whole) return damaged();
    return adwin;
}

}  // namespace skerry::feedback
