#include <nlohmann/json.hpp>

#include "coordinator/admin/admin_api.hpp"
#include "coordinator/admin/envelope.hpp"
#include "coordinator/admin/query.hpp"
#include "coordinator/admin/views.hpp"

// What operators decide of versions.
namespace skerry::coordinator {
namespace {

using nlohmann::json;

}  // namespace

void AdminApi::roll_back(const std::string& number, const http::Request& request, const http::Respond& respond) {
    const auto version = number_from(number, "version");
    if (failed(respond, version)) return;
    const auto reason = reason_in(request);
    if (failed(respond, reason)) return;
    const auto pin = flag_in(request, "pin");
    if (failed(respond, pin)) return;
    const auto from = tier_in(request);
    if (failed(respond, from)) return;
    host_.roll_back({ModelVersion{*version}, *reason, *pin, *from}, answer_with_newest(respond));
}

void AdminApi::pin(const http::Request& request, const http::Respond& respond) {
    const auto reason = reason_in(request);
    if (failed(respond, reason)) return;
    host_.pin_version(*reason, answer_with_newest(respond));
}

void AdminApi::unpin(const http::Respond& respond) {
    host_.unpin_version(answer_with_newest(respond));
}

void AdminApi::promote(const http::Request& request, const http::Respond& respond) {
    const auto reason = reason_in(request);
    if (failed(respond, reason)) return;
    host_.promote_version(*reason, answer_with_newest(respond));
}

std::function<void(const Result<>&)> AdminApi::answer_with_newest(const http::Respond& respond) const {
    return [this, respond](const Result<>& done) {
        if (failed(respond, done)) return;
        const auto newest = host_.history().version(host_.federation().newest().version);
        if (!failed(respond, newest)) succeed(respond, views::listed_model(*newest, host_.federation()));
    };
}

}  // namespace skerry::coordinator
