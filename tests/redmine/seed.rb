# What is in the stand: one table of situations, and the roles, rights and fields they need.
# Run by up.sh inside Redmine (`rails runner`); writes NAME=value facts to $SEED_FACTS.
#
# Everything is invented. People are roles with a number, free text is filler that begins with
# CANARY-NARRATIVE, so that a copy of it in a ledger, a log or a message can be searched for.
# Every date is counted in working days from SEED_NOW, so the same steps are late whenever it is run.
require 'json'
require 'time'

NOW = ENV['SEED_NOW'] ? Time.parse(ENV['SEED_NOW']) : Time.at(Time.now.to_i / 3600 * 3600)
TODAY = NOW.to_date

# --- working days --------------------------------------------------------------------------------

feed = File.join(__dir__, '../../config/bank-holidays.json')
HOLIDAYS = File.exist?(feed) ? JSON.parse(File.read(feed)).dig('england-and-wales', 'events').map { |e| Date.parse(e['date']) } : []

# The day `count` working days after TODAY (before it, if negative).
def working_day(count)
  day = TODAY
  left = count.abs
  until left.zero?
    day += count <=> 0
    left -= 1 unless day.saturday? || day.sunday? || HOLIDAYS.include?(day)
  end
  day
end

def at(count, hour)
  day = working_day(count)
  Time.local(day.year, day.month, day.day, hour)
end

# --- statuses, kinds of step, rights -------------------------------------------------------------

ActionMailer::Base.perform_deliveries = false
{ rest_api_enabled: '1', login_required: '1', default_language: 'en', default_projects_public: '0',
  notified_events: [], app_title: 'Case record system' }.each { |name, value| Setting[name] = value }

[WorkflowRule, Tracker, IssueStatus, IssuePriority].each(&:delete_all)
STATUS = { 'Incoming' => false, 'In progress' => false, 'Completed' => true, 'Reopened' => false, 'Cancelled' => true }
         .to_h { |name, closed| [name, IssueStatus.create!(name: name, is_closed: closed)] }
CHAIN = ['LE Practitioner', 'LE Practice Reviewer', 'LE Supervisor Actions', 'LE Service Manager Moderation']
STEP = CHAIN.map { |name| Tracker.create!(name: name, default_status: STATUS['Incoming']) }
DUTY = Tracker.create!(name: 'Duty contact', default_status: STATUS['Incoming'])
BOARD = Tracker.create!(name: 'Notice board', default_status: STATUS['Incoming'])
IssuePriority.create!(name: 'Normal', is_default: true)

WRITE = %i[view_issues add_issues edit_issues add_issue_notes]
ROLE = {
  worker: Role.create!(name: 'LE worker', issues_visibility: 'all', permissions: WRITE),
  adapter: Role.create!(name: 'Integration adapter', issues_visibility: 'default', permissions: WRITE),
  curbed: Role.create!(name: 'Integration adapter, may not reopen', issues_visibility: 'default', permissions: WRITE),
  reader: Role.create!(name: 'Read only', issues_visibility: 'default', permissions: %i[view_issues])
}
MOVES = { 'Incoming' => ['In progress', 'Cancelled'], 'In progress' => %w[Completed Cancelled],
          'Completed' => %w[Reopened], 'Reopened' => ['In progress', 'Completed', 'Cancelled'] }

# Which moves a role may make: a machine never signs off the last step in a person's place, and the
# curbed role is what an administrator leaves of the adapter's when reopening is taken away from it.
def may?(role, tracker, from, to)
  return true if role == ROLE[:worker]
  return false if to == 'Completed' && tracker == STEP.last

  !(role == ROLE[:curbed] && from == 'Completed')
end
ROLE.values_at(:worker, :adapter, :curbed).product(STEP) do |role, tracker|
  WorkflowTransition.create!(role: role, tracker: tracker, old_status_id: 0, new_status: STATUS['Incoming'])
  MOVES.each do |from, targets|
    targets.select { |to| may?(role, tracker, from, to) }
           .each { |to| WorkflowTransition.create!(role: role, tracker: tracker, old_status: STATUS[from], new_status: STATUS[to]) }
  end
end

# --- people: roles with a number, some written so that careless quoting shows ---------------------

def person(login, first, last)
  user = User.new(firstname: first, lastname: last, mail: "#{login}@example.invalid", language: 'en', status: User::STATUS_ACTIVE)
  user.login = login
  user.password = user.password_confirmation = SecureRandom.hex(16)
  user.save!
  user
end
PRACTITIONERS = %w[One Two Three Four].map.with_index(1) { |number, i| person("practitioner#{i}", 'Practitioner', number) }
REVIEWERS = ['One', "Two O'Relief", 'Three & Relief', 'Fóur'].map.with_index(1) { |number, i| person("reviewer#{i}", 'Reviewer', number) }
SUPERVISORS = %w[One Two].map.with_index(1) { |number, i| person("supervisor#{i}", 'Supervisor', number) }
SERVICE_MANAGER = person('servicemanager', 'Service', 'Manager')
QA_MANAGER = person('qamanager', 'QA', 'Manager')
HEAD = person('head', 'Head', 'of Service')
ADAPTER = person('greentick', 'Greentick', 'Adapter')
READER = person('reader', 'Reader', 'Only')
ADMIN = User.find_by_login('admin')
ADMIN.update!(must_change_passwd: false, password: (word = SecureRandom.hex(16)), password_confirmation: word)
User.current = ADMIN

LE = Project.create!(name: 'Learning Episodes', identifier: 'learning-episodes', is_public: false, trackers: STEP, enabled_module_names: %w[issue_tracking])
OTHER = Project.create!(name: 'Duty and Assessment', identifier: 'duty', is_public: false, trackers: [DUTY], enabled_module_names: %w[issue_tracking])
[*PRACTITIONERS, *REVIEWERS, *SUPERVISORS, SERVICE_MANAGER, QA_MANAGER, HEAD].each { |user| Member.create!(project: LE, principal: user, roles: [ROLE[:worker]]) }
MEMBERSHIP = Member.create!(project: LE, principal: ADAPTER, roles: [ROLE[:adapter]])
Member.create!(project: OTHER, principal: ADAPTER, roles: [ROLE[:reader]])
Member.create!(project: LE, principal: READER, roles: [ROLE[:reader]])
NOTICES = Project.create!(name: 'Notices', identifier: 'notices', is_public: false, trackers: [BOARD], enabled_module_names: %w[issue_tracking])
Member.create!(project: NOTICES, principal: ADAPTER, roles: [ROLE[:adapter]])

# --- custom fields: the evidence, and what Greentick writes ---------------------------------------

FIELD = {}
def field(key, name, format, trackers = STEP, **more)
  FIELD[key] = IssueCustomField.create!(name: name, field_format: format, trackers: trackers, is_for_all: true, is_filter: true, visible: true, **more)
end
practitioner, reviewer, = STEP
after_first = STEP.drop(1)
field :episode, 'LE episode', 'string'
field :round, 'Allocation round', 'list', possible_values: %w[2026-Spring 2026-Autumn]
field :person, 'Person ID', 'string'
field :practitioner, 'Practitioner', 'user'
field :reviewer, 'Practice reviewer', 'user'
field :supervisor, 'Supervisor', 'user'
field :reflection, 'Section 1 reflection', 'text', [practitioner]
field :conversation, 'Section 3 conversation', 'text', [reviewer]
field :obs, 'Section 4 observation', 'list', [reviewer], possible_values: %w[High Medium Low]
field :family, 'Section 5 family feedback', 'bool', [reviewer]
field :partner, 'Section 5 partner spoken to', 'bool', [reviewer]
field :areas, 'Section 6 low assurance areas', 'list', [reviewer], multiple: true,
      possible_values: ['Assessment', 'Planning', 'Direct work', 'Management oversight', 'Partnership']
field :evaluation, 'Overall evaluation', 'list', after_first, possible_values: ['Outstanding', 'Good', 'Requires improvement', 'Inadequate']
field :moderation, 'HoS moderation', 'list', after_first, possible_values: ['Not required', 'Requested', 'Agreed', 'Declined']
field :moddate, 'HoS moderation date', 'date', after_first
field :actions, 'Agreed actions', 'int', STEP[1..2]
field :score, 'Completeness score', 'float', [reviewer]
field :late, 'Late finish reason', 'list', [reviewer], possible_values: ['Worker absence', 'Family not available', 'Court or panel date']
field :hold, 'Greentick hold', 'bool'
field :holdwhy, 'Greentick hold reason', 'text'
field :flag, 'Greentick flag', 'list', multiple: true, possible_values: ['Overdue', 'Escalated to Head of Service', 'CSLT sample']
field :link, 'Learning Episodes guidance', 'link'

# --- the situations -------------------------------------------------------------------------------
# One line an episode, whose chain of steps ends with the one described; the steps before it were
# finished whole, a working week apart. `came` is when the last one arrived, `due` when it is to be
# done, in working days from today; `-` is nothing. `wanting`: the evidence that is not there.
#
#   name                     round   steps status     came  due   evaluation            moderation    wanting
SITUATIONS = <<~TABLE.lines.map { |line| line.strip.split(/\s{2,}/).map { |cell| cell == '-' ? nil : cell } }
  history-good               Spring  4  Completed    -130  -120  Good                  Not required  -
  history-improve            Spring  4  Completed    -128  -118  Requires improvement  Not required  -
  history-outstanding        Spring  4  Completed    -126  -116  Outstanding           Agreed        -
  signed-off                 Autumn  4  Completed    -29   -20   Good                  Not required  -
  sign-off-started           Autumn  4  In progress  -16   4     Outstanding           Agreed        -
  sign-off-incoming          Autumn  4  Incoming     -14   6     Good                  Not required  -
  actions-started            Autumn  3  In progress  -15   10    Good                  Not required  -
  actions-incoming           Autumn  3  Incoming     -13   12    Requires improvement  Not required  -
  actions-reopened           Autumn  3  Reopened     -17   8     Good                  Not required  -
  passed-unmoderated         Autumn  3  In progress  -14   11    Inadequate            -             -
  outstanding-unmoderated    Autumn  2  In progress  -12   8     Outstanding           -             -
  inadequate-requested       Autumn  2  In progress  -11   6     Inadequate            Requested     -
  ready                      Autumn  2  In progress  -13   7     Good                  Not required  -
  no-feedback                Autumn  2  In progress  -12   9     Good                  Not required  partner
  overdue-1                  Autumn  2  In progress  -15   -1    -                     -             conversation
  overdue-3                  Autumn  2  In progress  -17   -3    Good                  Not required  -
  overdue-6                  Autumn  2  Incoming     -20   -6    -                     -             everything
  no-due-date                Autumn  2  In progress  -14   -     -                     -             everything
  unassigned                 Autumn  2  Incoming     -13   12    -                     -             everything
  private-overdue            Autumn  2  In progress  -18   -4    -                     -             everything
  first-started              Autumn  1  In progress  -4    3     -                     -             -
  first-incoming             Autumn  1  Incoming     -2    5     -                     -             everything
  first-not-handed-on        Autumn  1  Completed    -25   -14   -                     -             -
  first-cancelled            Autumn  1  Cancelled    -24   -15   -                     -             everything
TABLE

AWKWARD = ['plain filler', "filler on two lines\r\nwith a CRLF & an ampersand", 'filler <b>in brackets</b>, ]]> and "quoted"',
           "filler accented é, emoji 🟢, joined\u200dby nothing", "filler #{'long ' * 600}"]

# Invented narrative number `n`, long enough for any rule that counts characters.
def narrative(n)
  "CANARY-NARRATIVE-#{format('%03d', n)} #{AWKWARD[n % AWKWARD.size]}. #{'Filler without meaning, to give the field a length. ' * 5}".strip
end

# The evidence of one step, by field key.
def evidence(stage, number, evaluation, moderation, wanting)
  return {} if wanting == 'everything'

  graded = { evaluation: evaluation, moderation: moderation, moddate: moderation == 'Agreed' ? working_day(-30).to_s : '' }
  case stage
  when 1 then { reflection: narrative(number) }
  when 2
    graded.merge(conversation: wanting == 'conversation' ? '' : narrative(number + 1), obs: %w[High Medium Low][number % 3], family: '1',
                 partner: wanting == 'partner' ? '0' : '1', areas: ['Assessment', 'Planning', 'Partnership'].first(number % 4),
                 actions: (1 + number % 3).to_s, score: (0.5 + number / 64.0).to_s)
  when 3 then graded.merge(actions: (1 + number % 3).to_s)
  else graded
  end
end

# What one step of a situation is: the described one, or one finished on the way to it.
def plan(stage, line)
  _, _, last, status, came, due, _, _, wanting = line
  behind = 5 * (last.to_i - stage)
  came = came.to_i - behind
  return { status: 'Completed', came: came, due: came + 7, finished: came + 5, wanting: nil } if behind.positive?

  { status: status, came: came, due: due&.to_i, finished: STATUS[status].is_closed? ? due.to_i - 1 : nil, wanting: wanting }
end

MADE = []       # every step with its plan, in order
STEP_IDS = {}   # situation -> the id of the step that its line describes

def make_step(stage, line, episode)
  name, round, last, = line
  step = plan(stage, line)
  described = stage == last.to_i
  workers = [PRACTITIONERS[episode % 4], REVIEWERS[episode % 4], SUPERVISORS[episode % 2], SERVICE_MANAGER]
  reference = "LE-2026-#{format('%03d', episode + 1)}"
  issue = Issue.new(project: LE, tracker: STEP[stage - 1], author: QA_MANAGER, subject: "#{CHAIN[stage - 1]}: #{reference}",
                    description: narrative(MADE.size), priority: IssuePriority.default, status: STATUS[step[:status]],
                    due_date: step[:due] && working_day(step[:due]), is_private: described && name == 'private-overdue',
                    assigned_to: described && name == 'unassigned' ? nil : workers[stage - 1])
  values = { episode: reference, round: "2026-#{round}", person: format('P-%05d', 10_000 + 37 * episode), practitioner: workers[0].id.to_s,
             reviewer: workers[1].id.to_s, supervisor: workers[2].id.to_s, hold: '0', link: 'https://intranet.example.invalid/learning-episodes' }
  values.merge!(evidence(stage, MADE.size, *line[6..7].map(&:to_s), step[:wanting]))
  issue.custom_field_values = values.transform_keys { |key| FIELD[key].id }
  issue.save!
  STEP_IDS[name] = issue.id if described
  MADE << [issue, step]
end
SITUATIONS.each_with_index do |line, episode|
  chain = (1..line[2].to_i).map { |stage| make_step(stage, line, episode).last.first }
  chain.each_cons(2) { |from, to| IssueRelation.create!(issue_from: from, issue_to: to, relation_type: 'relates') }
end
['Incoming', 'In progress', 'Completed'].each_with_index do |status, i|
  Issue.create!(project: OTHER, tracker: DUTY, author: QA_MANAGER, subject: "Duty contact #{i + 1}", priority: IssuePriority.default, status: STATUS[status])
end

# Where an integration leaves what belongs to no step.
NOTICEBOARD = Issue.create!(project: NOTICES, tracker: BOARD, author: QA_MANAGER, subject: 'Notices', priority: IssuePriority.default, status: STATUS['Incoming'])

# Somebody's words on a step, left the way a person leaves them.
issue = Issue.find(STEP_IDS['sign-off-started'])
issue.init_journal(SUPERVISORS[0], narrative(99))
issue.save!

# Change times: open steps moved in the last hour or so, each at its own minute; finished ones were all
# touched by one bulk edit, in one second, and are more than a page of 25.
BULK_EDIT = at(-2, 7)
MADE.each_with_index do |(made, step), i|
  closed = step[:finished] && at(step[:finished], 15)
  changed = closed ? BULK_EDIT : NOW - 600 - 60 * (MADE.size - i)
  Issue.where(id: made.id).update_all(created_on: at(step[:came], 10), updated_on: changed, closed_on: closed)
  Journal.where(journalized_type: 'Issue', journalized_id: made.id).update_all(created_on: changed)
end

# --- facts ------------------------------------------------------------------------------------------

def key(user)
  Token.create!(user: user, action: 'api').value
end

def pairs(hash)
  hash.map { |name, id| "#{name.to_s.tr(' ', '_')}:#{id}" }.join(',')
end
File.write(ENV.fetch('SEED_FACTS'), <<~FACTS)
  REDMINE_KEY=#{key(ADAPTER)}
  REDMINE_KEY_READER=#{key(READER)}
  REDMINE_KEY_ADMIN=#{key(ADMIN)}
  REDMINE_KEY_REVIEWER=#{key(REVIEWERS[0])}
  REDMINE_PROJECT=#{LE.identifier}
  REDMINE_STEPS=#{MADE.size}
  REDMINE_PRIVATE_STEP=#{STEP_IDS['private-overdue']}
  REDMINE_SEED_NOW=#{NOW.utc.iso8601}
  REDMINE_SITUATIONS=#{pairs(STEP_IDS)}
  REDMINE_STATUS_IDS=#{pairs(STATUS.transform_values(&:id))}
  REDMINE_TRACKER_IDS=#{pairs(STEP.to_h { |t| [t.name, t.id] })}
  REDMINE_FIELD_IDS=#{pairs(FIELD.transform_values(&:id))}
  REDMINE_ROLE_IDS=#{pairs(ROLE.transform_values(&:id))}
  REDMINE_ADAPTER_MEMBERSHIP=#{MEMBERSHIP.id}
  REDMINE_HEAD=#{HEAD.id}
  REDMINE_QA_MANAGER=#{QA_MANAGER.id}
  REDMINE_NOTICEBOARD=#{NOTICEBOARD.id}
FACTS
