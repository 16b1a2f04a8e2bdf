#include "daemon/cloud_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "cloud/preferences_document.h"
#include "policy/list_references.h"

namespace dn::daemon {
namespace {

using cloud::Sweep;

constexpr std::string_view kNoInterfaces = "interfaces cannot be listed";
constexpr std::string_view kNoGroups = "security groups cannot be listed";
constexpr std::string_view kTooManyPages = "the answer has too many pages";
constexpr std::string_view kNoParameter = "ParameterNotFound";

bool is_throttled(const aws::ServiceError& error) {
  return error.status != 0 && aws::is_worth_a_retry(error);
}

void make_smaller(unsigned& per_page) {
  per_page = std::max(per_page / 4, kPerPageMin);
}

// All pages of a look-up: with filters any of them may be short, or empty, before the last. `take`
// has those that came before one failed.
template <class Item>
aws::ServiceResult<void> look_up(
    const std::function<aws::ServiceResult<aws::Page<Item>>(const aws::Ec2Question&)>& ask,
    aws::Ec2Question question, const std::function<void(std::span<const Item>)>& take) {
  for (unsigned pages = 0; pages < kLookUpPagesMax; ++pages) {
    auto page = ask(question);
    if (!page) return tl::unexpected(std::move(page.error()));
    take(page->items);
    if (page->next_token.empty()) return {};
    question.next_token = std::move(page->next_token);
  }
  return aws::odd_answer(std::string(kTooManyPages));
}

std::vector<std::string> take_front(std::vector<std::string>& ids, std::size_t most) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(ids.size(), most));
  std::vector<std::string> front(ids.begin(), ids.begin() + count);
  ids.erase(ids.begin(), ids.begin() + count);
  return front;
}

}  // namespace

CloudReader::CloudReader(CloudReaderSettings settings, CloudQuestions questions,
                         cloud::SweepSchedule::Random random, MonotonicTime now)
    : settings_(std::move(settings)),
      questions_(std::move(questions)),
      inventory_(settings_.inventory),
      schedule_(std::move(random), now, settings_.groups_interval) {
  input_.clients_may_be_found = true;
}

void CloudReader::ask(Ipv4Address address, MonotonicTime now) {
  using Answer = cloud::UnknownClients::Answer;
  if (unknown_.on_question(address, now) != Answer::Asked) absent_.push_back(address);
}

bool CloudReader::step(MonotonicTime now) {
  const bool asked = ask_next(now);
  // Before, nobody would take it, and each page of the first sweeps would cost as much as all.
  if (has_swept() && inventory_.changed()) {
    inventory_.fill(input_);
    lists_.set_wanted(policy::list_references(input_.groups));
    news_ = true;
  }
  if (lists_.changed()) {
    lists_.fill(input_);
    news_ = true;
  }
  return asked;
}

// A look-up can last longer than its schedule keeps the next one away. If the sweeps had no turn
// then, rules that were removed would stay in force.
bool CloudReader::ask_next(MonotonicTime now) {
  if (sweeps_turn_ && go_on(now)) {
    sweeps_turn_ = false;
    return true;
  }
  if (find_clients(now) || find_missing_groups(now)) {
    sweeps_turn_ = true;
    return true;
  }
  return go_on(now);
}

MonotonicTime CloudReader::next_step(MonotonicTime now) const {
  MonotonicTime next = now + settings_.groups_interval;
  if (const auto due = unknown_.next_due()) next = std::min(next, *due);
  if (done_.contains(Sweep::AllGroups) && !inventory_.missing_groups(1).empty()) {
    next = std::min(next, std::max(missing_groups_due_, schedule_.next_call(now)));
  }
  if (work_ || next_list_) return std::min(next, schedule_.next_call(now));
  if (const auto due = schedule_.next_due()) {
    next = std::min(next, std::max(*due, schedule_.next_call(now)));
  }
  return next;
}

// -- clients that somebody waits for, and what they need ------------------------------------------

bool CloudReader::find_clients(MonotonicTime now) {
  const std::vector<Ipv4Address> batch = unknown_.take_batch(now);
  if (batch.empty()) return false;
  aws::Ec2Question question;
  question.filters = of_vpcs();
  auto& addresses = question.filters.emplace_back();
  addresses.name = "addresses.private-ip-address";
  for (const Ipv4Address address : batch) addresses.values.push_back(to_text(address));
  question.page_size = interfaces_per_page_;
  bool found_any = false;
  const auto asked =
      look_up<aws::NetworkInterface>(questions_.interfaces, question, [&](auto found) {
        inventory_.add_interfaces(found);
        found_any = found_any || !found.empty();
      });
  look_up_failure_.clear();
  if (!asked) {
    look_up_failure_ = "unknown clients cannot be looked up: " + aws::to_text(asked.error());
    if (is_throttled(asked.error())) schedule_.on_throttled(now);
    if (asked.error().type == aws::kAnswerTooLarge) make_smaller(interfaces_per_page_);
  }
  // Without its groups a client would be judged without its rules.
  if (found_any && !inventory_.missing_groups(1).empty()) look_up_groups(now);
  for (const Ipv4Address address : batch) {
    if (inventory_.is_client(address)) {
      unknown_.on_found(address);
    } else if (!asked) {
      unknown_.on_failed(address);
    } else {
      unknown_.on_absent(address, now);
      hurry_for_blocks(now);
      absent_.push_back(address);
    }
  }
  return true;
}

void CloudReader::hurry_for_blocks(MonotonicTime now) {
  const auto is_block = [](const policy::ClientBinding& client) {
    return client.prefix.length < 32;
  };
  if (!has_swept() || std::ranges::none_of(input_.clients, is_block)) return;
  const auto interval = kBlockSweepInterval * cloud::SweepSchedule::kFullRate / schedule_.rate();
  schedule_.hurry(Sweep::Interfaces, std::max(now, swept_at_ + interval));
}

// Outside of the first sweep of groups, which brings them.
bool CloudReader::find_missing_groups(MonotonicTime now) {
  if (!done_.contains(Sweep::AllGroups) || now < missing_groups_due_) return false;
  if (inventory_.missing_groups(1).empty()) return false;
  if (!schedule_.take_call(now)) return false;
  look_up_groups(now);
  return true;
}

void CloudReader::look_up_groups(MonotonicTime now) {
  const std::vector<std::string> ids = inventory_.missing_groups(groups_per_page_);
  aws::Ec2Question question;
  question.filters = {{"group-id", ids}};
  const auto asked = look_up<aws::SecurityGroup>(questions_.groups, question,
                                                 [&](auto found) { inventory_.add_groups(found); });
  if (!asked) {
    note_failure(Sweep::UsedGroups, "security groups cannot be looked up", asked.error(), now);
    missing_groups_due_ = now + settings_.groups_interval;
    return;
  }
  for (const std::string& id : ids) inventory_.note_missing_group(id);
}

// -- sweeps ---------------------------------------------------------------------------------------

bool CloudReader::go_on(MonotonicTime now) {
  if (!next_list_) next_list_ = lists_.take_next();
  if (!work_ && !next_list_) {
    const auto sweep = schedule_.begin_next(now);
    if (!sweep) return false;
    begin(*sweep, now);
    if (!work_) return true;
  }
  if (!schedule_.take_call(now)) return false;
  if (next_list_) {
    ask_list(now);
    return true;
  }
  switch (work_->sweep) {
    case Sweep::Interfaces: ask_interfaces(now); break;
    case Sweep::AllGroups: ask_all_groups(now); break;
    case Sweep::UsedGroups: ask_used_groups(now); break;
    case Sweep::Preferences: ask_preferences(now); break;
    case Sweep::Lists: break;  // has no work of its own
  }
  return true;
}

void CloudReader::begin(Sweep sweep, MonotonicTime now) {
  switch (sweep) {
    case Sweep::Interfaces: inventory_.begin_interfaces(); break;
    case Sweep::AllGroups: inventory_.begin_groups(); break;
    case Sweep::Lists: lists_.begin_round(); return schedule_.on_done(sweep, now);
    default: break;
  }
  work_ = Work{sweep, "", {}};
  if (sweep != Sweep::UsedGroups) return;
  work_->ids = inventory_.used_groups();
  if (work_->ids.empty()) succeed(now);
}

std::vector<aws::Ec2Filter> CloudReader::of_vpcs() const {
  if (settings_.vpcs.empty()) return {};
  return {{"vpc-id", settings_.vpcs}};
}

void CloudReader::ask_interfaces(MonotonicTime now) {
  aws::Ec2Question question;
  question.filters = of_vpcs();
  question.next_token = work_->next_token;
  question.page_size = interfaces_per_page_;
  auto page = questions_.interfaces(question);
  if (!page) return fail(kNoInterfaces, page.error(), now);
  inventory_.add_interfaces(page->items);
  if (!is_last_page(kNoInterfaces, page->odd_items, std::move(page->next_token), now)) return;
  inventory_.finish_interfaces(now);
  swept_at_ = now;
  succeed(now);
}

void CloudReader::ask_all_groups(MonotonicTime now) {
  aws::Ec2Question question;
  question.next_token = work_->next_token;
  question.page_size = groups_per_page_;
  auto page = questions_.groups(question);
  if (!page) return fail(kNoGroups, page.error(), now);
  inventory_.add_groups(page->items);
  if (!is_last_page(kNoGroups, page->odd_items, std::move(page->next_token), now)) return;
  inventory_.finish_groups(now);
  succeed(now);
}

void CloudReader::ask_used_groups(MonotonicTime now) {
  aws::Ec2Question question;
  question.filters = {{"group-id", take_front(work_->ids, groups_per_page_)}};
  const auto asked = look_up<aws::SecurityGroup>(questions_.groups, question,
                                                 [&](auto found) { inventory_.add_groups(found); });
  if (!asked && (!asked.error().of_a_part || work_->ids.empty())) {
    return fail(kNoGroups, asked.error(), now);
  }
  if (!asked) return note_failure(Sweep::UsedGroups, kNoGroups, asked.error(), now);
  schedule_.on_answer();
  if (work_->ids.empty()) succeed(now);
}

std::size_t CloudReader::pages_max(Sweep sweep) const {
  if (sweep == Sweep::Interfaces) {
    return kShortPagesMax + cloud::kInterfacesMax / interfaces_per_page_;
  }
  return kShortPagesMax + cloud::kGroupsMax / groups_per_page_;
}

// Whether the sweep is through. If not it goes on, unless pages would come for ever.
bool CloudReader::is_last_page(std::string_view what, std::size_t odd_items, std::string next_token,
                               MonotonicTime now) {
  if (!next_token.empty() && next_token == work_->next_token) {
    fail(what, {200, "", "a page leads to itself"}, now);
    return false;
  }
  if (++work_->pages > pages_max(work_->sweep)) {
    fail(what, {200, "", std::string(kTooManyPages)}, now);
    return false;
  }
  schedule_.on_answer();
  work_->odd_items += odd_items;
  work_->next_token = std::move(next_token);
  if (!work_->next_token.empty()) return false;
  odd_[work_->sweep] = work_->odd_items;
  return true;
}

void CloudReader::ask_preferences(MonotonicTime now) {
  done_.insert(Sweep::Preferences);
  const auto text = questions_.preferences(settings_.preferences_name);
  cloud::PreferencesDocument document;
  if (text) {
    auto parsed = cloud::parse_preferences(*text);
    if (!parsed) {
      return fail(
          fmt::format("the preferences in {} stay as they were", settings_.preferences_name),
          {0, "", parsed.error().message}, now);
    }
    document = *std::move(parsed);
  } else if (text.error().type != kNoParameter) {
    return fail(fmt::format("the preferences in {} cannot be read", settings_.preferences_name),
                text.error(), now);
  }
  if (input_.preferences != document.preferences) news_ = true;
  input_.preferences = document.preferences;
  preference_warnings_ = std::move(document.warnings);
  schedule_.on_answer();
  succeed(now);
}

void CloudReader::ask_list(MonotonicTime now) {
  const std::string arn = *std::exchange(next_list_, {});
  auto content = questions_.list(arn);
  if (content) {
    schedule_.on_answer();
    lists_.on_content(arn, *std::move(content));
    return;
  }
  lists_.on_failure(arn, aws::to_text(content.error()));
  if (is_throttled(content.error())) schedule_.on_throttled(now);
}

// -- outcomes -------------------------------------------------------------------------------------

void CloudReader::succeed(MonotonicTime now) {
  done_.insert(work_->sweep);
  failures_.erase(work_->sweep);
  schedule_.on_done(work_->sweep, now);
  work_.reset();
}

// A page that failed would have to be asked for with its token, which expires: all begins anew.
// Where only some of several accounts failed, the others have been read: not sooner than usual.
void CloudReader::fail(std::string_view what, const aws::ServiceError& error, MonotonicTime now) {
  const Sweep sweep = work_->sweep;
  work_.reset();
  note_failure(sweep, what, error, now);
  if (error.of_a_part && has_swept()) {
    schedule_.on_done(sweep, now);
  } else {
    schedule_.on_given_up(sweep, now);
  }
}

void CloudReader::note_failure(Sweep sweep, std::string_view what, const aws::ServiceError& error,
                               MonotonicTime now) {
  failures_[sweep] = fmt::format("{}: {}", what, aws::to_text(error));
  if (is_throttled(error)) {
    schedule_.on_throttled(now);
  } else if (!error.of_a_part) {
    schedule_.on_error(now);
  }
  if (error.type == aws::kAnswerTooLarge) {
    make_smaller(sweep == Sweep::Interfaces ? interfaces_per_page_ : groups_per_page_);
  }
}

bool CloudReader::has_swept() const {
  return done_.contains(Sweep::Interfaces) && done_.contains(Sweep::AllGroups);
}

bool CloudReader::is_complete() const {
  return has_swept() && done_.contains(Sweep::Preferences);
}

CloudNews CloudReader::take() {
  CloudNews news;
  news.absent = std::exchange(absent_, {});
  if (!next_list_) next_list_ = lists_.take_next();
  const bool first_lists = !told_ && next_list_.has_value();
  if (!news_ || !is_complete() || first_lists) return news;
  news.input = input_;
  news_ = false;
  told_ = true;
  return news;
}

std::vector<std::string> CloudReader::problems() {
  std::vector<std::string> all = inventory_.problems();
  for (const auto& [sweep, text] : failures_) all.push_back(text);
  for (const auto& [sweep, count] : odd_) {
    if (count == 0) continue;
    all.push_back(fmt::format("{} {} cannot be read in whole: what is odd in them has no effect",
                              count,
                              sweep == Sweep::Interfaces ? "interfaces" : "security groups"));
  }
  if (!look_up_failure_.empty()) all.push_back(look_up_failure_);
  std::ranges::copy(preference_warnings_, std::back_inserter(all));
  std::ranges::copy(lists_.problems(), std::back_inserter(all));
  std::ranges::sort(all);
  return all;
}

}  // namespace dn::daemon
