# Fills a Redmine from inside: told a line of JSON for each word, on stdin; answers a line for each, on stdout.
# Lists and people are made by Redmine's own classes; of issues there are many, so they are put in by the row, and no
# callback tells anybody.
require 'base64'

ActionMailer::Base.perform_deliveries = false
# Each file stays one of its own: to look for another one with the same bytes takes longer than to write it.
Attachment.skip_callback(:commit, :after, :reuse_existing_file_if_possible)

# HTML as a person would type it into a field of plain text.
module Plain
  BLOCKS = %w[p div ul ol table pre blockquote h1 h2 h3].freeze
  LINES = { 'br' => "\n", 'li' => "\n* ", 'tr' => "\n", 'td' => ' ', 'th' => ' ' }.freeze
  TOKEN = %r{<!--.*?-->|<!.*?>|</?[a-z](?:"[^"]*"|'[^']*'|[^>"'])*>|<|[^<]+}mi
  UNSEEN = /<(script|style)\b[^>]*>.*?(?:<\/\1[^>]*>|\z)/mi
  ENTITY = /&(?:#(\d+);?|#x(\h+);?|(\w+);)/i
  # What browsers take numbers for that are the numbers of no character.
  WINDOWS = (128..159).to_h { |number| [number, [number].pack('C').force_encoding('CP1252')] }

  def self.text(html)
    return html unless html.match?(%r{<[a-zA-Z/!]|&[#\w]+;})

    open = html.rindex('<!--') # a comment without an end hides all behind it
    html = html[0...open] if open && open > (html.rindex('-->') || -1)
    said = html.gsub(UNSEEN, '').scan(TOKEN).map { |token| token.match?(%r{\A<[a-z/!]}i) ? mark(token) : words(token) }
    said.join.gsub(/\n{3,}/, "\n\n").gsub(/\A\n+|\n+\z/, '')
  end

  def self.mark(tag)
    name = tag[%r{\A</?([a-z][^\s/>]*)}i, 1].to_s.downcase
    return "\n\n" if BLOCKS.include?(name)

    tag.start_with?('</') ? '' : LINES.fetch(name, '')
  end

  def self.words(text)
    text.gsub(ENTITY) do |whole|
      decimal, hexadecimal, name = $1, $2, $3
      number = name ? Nokogiri::HTML::NamedCharacters[name] : (decimal ? decimal.to_i : hexadecimal.hex)
      number ? character(number) : whole
    end
  end

  def self.character(number)
    (WINDOWS[number]&.encode('UTF-8', undef: :replace)) || [number].pack('U')
  end
end

# What a world says, in Redmine's words.
module Words
  STATUS = {
    'new' => 'New', 'open' => 'In Progress', 'pending' => 'Feedback', 'waiting' => 'Feedback', 'solved' => 'Resolved',
    'closed' => 'Closed', 'rejected' => 'Rejected', 'cancelled' => 'Rejected'
  }.freeze
  PRIORITY = {
    'low' => 'Low', 'medium' => 'Normal', 'normal' => 'Normal', 'high' => 'High', 'urgent' => 'Urgent',
    'critical' => 'Immediate'
  }.freeze
  TRACKER = Hash.new('Support').update('incident' => 'Bug', 'problem' => 'Bug', 'change' => 'Feature').freeze
  REQUESTER, TAGS, DUE = 'Requester email', 'Tags', 'Due on'
  FIRST_PERSON, FIRST_ISSUE = 6, 101 # as the emulator counts them
  DUE_EVERY, DAY = 4, 86_400

  def self.identifier(name, place)
    plain = name.unicode_normalize(:nfd).encode('US-ASCII', undef: :replace, replace: '').downcase
    plain = plain.gsub(/[^a-z0-9]+/, '-').gsub(/\A-+|-+\z/, '')
    plain.empty? ? "project-#{place + 1}" : plain
  end

  def self.blank?(text) = text.match?(/\A[[:space:]]*\z/)

  # Worlds tell whole seconds, the database does not.
  def self.moment(seconds, place) = Time.at(seconds, (FIRST_ISSUE + place) * 7_919 % 1_000_000).utc

  def self.second(seconds) = Time.at(seconds).utc
end

# People, projects and fields.
class Lists
  attr_reader :users, :emails, :projects, :categories

  def initialize(world)
    @nobody = User.anonymous
    @emails = world['people'].map { |one| one['email'] }
    @users = world['people'].each_with_index.map { |one, place| person(one, place) unless one['deleted'] }
    @projects = world['queues'].each_with_index.to_h { |name, place| [name, project(name, place)] }
    @categories = @projects.values.to_h { |one| [one.id, categories_of(one, world['categories'])] }
    members(world['people'])
    world['custom'].each { |name, options| field(name, options) }
  end

  # Who stands at this position; nobody who is gone or was never there.
  def id(position) = (@users[position]&.id if position && position >= 0)

  def author(position) = id(position) || @nobody.id

  def field_ids = @field_ids ||= IssueCustomField.pluck(:name, :id).to_h

  # One that is there already takes these options besides its own.
  def field(name, options)
    format = options.empty? ? 'string' : 'list'
    there = IssueCustomField.find_or_initialize_by(name: name)
    there.assign_attributes(field_format: format, is_for_all: true, is_filter: true, trackers: Tracker.all.to_a) if
      there.new_record?
    there.possible_values |= options if there.field_format == 'list'
    there.save!
    @field_ids = nil
  end

  private

  def person(seed, place)
    login = seed['email'].split('@').first.to_s.downcase
    login = "user#{Words::FIRST_PERSON + place}" if login.empty? || User.where('lower(login) = ?', login).exists?
    user = User.new(firstname: seed['name'], lastname: seed['lastname'], language: 'en',
                    mail_notification: 'only_my_events')
    user.login = login
    user.mail = seed['email'] unless seed['email'].empty?
    user.status = seed['disabled'] ? User::STATUS_LOCKED : User::STATUS_ACTIVE
    user.tap { |one| one.save!(validate: false) }
  end

  def project(name, place)
    identifier = Words.identifier(name, place)
    there = Project.find_by(identifier: identifier)
    there || Project.create!(name: name, identifier: identifier, is_public: false, trackers: Tracker.all.to_a,
                             enabled_module_names: %w[issue_tracking time_tracking])
  end

  def categories_of(project, paths)
    names = paths.map { |path| path.join(' / ') } - project.issue_categories.pluck(:name)
    IssueCategory.insert_all!(names.map { |name| { project_id: project.id, name: name } }) if names.any?
    IssueCategory.where(project_id: project.id).pluck(:name, :id).to_h
  end

  def members(people)
    roles = Role.pluck(:name, :id).to_h
    wanted = User.where(login: %w[sync admin]).map { |one| [one, 'Sync'] }
    wanted += @users.zip(people).map { |one, seed| [one, seed['agent'] ? 'Developer' : 'Reporter'] if one }.compact
    there = Member.pluck(:project_id, :user_id).to_set
    pairs = @projects.values.product(wanted).reject { |project, (user, _)| there.include?([project.id, user.id]) }
    return if pairs.empty?

    rows = pairs.map { |project, (user, _)| { project_id: project.id, user_id: user.id, created_on: Time.now.utc } }
    ids = Member.insert_all!(rows, returning: :id).rows.flatten
    MemberRole.insert_all!(ids.zip(pairs).map { |id, (_, (_, role))| { member_id: id, role_id: roles.fetch(role) } })
  end
end

# Issues with all that hangs on them.
class Issues
  def initialize(lists)
    @lists = lists
    @ids, @related = [], Set.new
    @statuses = IssueStatus.all.index_by(&:name)
    @trackers, @priorities = Tracker.pluck(:name, :id).to_h, IssuePriority.pluck(:name, :id).to_h
    @activity = TimeEntryActivity.find_by!(name: 'Development')
  end

  def add(seeds)
    tags = seeds.flat_map { |seed| seed['tags'] }.uniq
    @lists.field(Words::TAGS, tags) if tags.any?
    @first = @ids.size
    @rows = seeds.each_with_index.map { |seed, n| row(seed, @first + n) }
    new = Issue.insert_all!(@rows, returning: :id).rows.flatten
    Issue.where(id: new).update_all('root_id = id')
    @ids += new
    put(CustomValue, each(seeds, new) { |seed, id, n| custom(seed, id, @first + n) })
    put(Watcher, each(seeds, new) { |seed, id, _| watchers(seed, id) })
    each(seeds, new) { |seed, id, n| said(seed, id, n) + spent(seed, id, n) }
    put(IssueRelation, seeds.zip(new).flat_map { |seed, id| related(seed, id) })
    new
  end

  def change(id, title, seconds)
    issue = Issue.where(id: id)
    issue.update_all(subject: title[0, 255], updated_on: [Words.moment(seconds, @ids.index(id)),
                                                          issue.pick(:created_on)].max)
  end

  private

  def put(table, rows) = (table.insert_all!(rows) if rows.any?)

  def each(seeds, ids) = seeds.zip(ids).each_with_index.flat_map { |(seed, id), n| yield(seed, id, n) }

  def row(seed, place)
    project = @lists.projects.fetch(seed['queue']).id
    status, created = @statuses.fetch(Words::STATUS.fetch(seed['status'])), Words.moment(seed['created'], place)
    {
      project_id: project, tracker_id: @trackers.fetch(Words::TRACKER[seed['kind']]), status_id: status.id,
      priority_id: @priorities.fetch(Words::PRIORITY.fetch(seed['priority'])), subject: seed['title'][0, 255],
      description: Plain.text(seed['body']).gsub(/\r\n|\n|\r/, "\r\n"), author_id: @lists.author(seed['creator']),
      assigned_to_id: @lists.id(seed['assignee']), created_on: created, start_date: created.to_date,
      category_id: @lists.categories.fetch(project)[seed['category'].join(' / ')],
      updated_on: [Words.moment(seed['updated'], place), created].max, lft: 1, rgt: 2,
      closed_on: status.is_closed? ? Words.second(seed['closed'] || seed['updated']) : nil
    }
  end

  def custom(seed, id, place)
    values = seed['custom'].to_a
    values << [Words::REQUESTER, @lists.emails[seed['requester']]] if seed['requester'] >= 0
    values += seed['tags'].map { |tag| [Words::TAGS, tag] }
    due = Words.second(seed['created'] + Words::DAY).to_date
    values << [Words::DUE, due.iso8601] if (place % Words::DUE_EVERY).zero?
    values.map do |name, value|
      { customized_type: 'Issue', customized_id: id, custom_field_id: @lists.field_ids.fetch(name), value: value }
    end
  end

  def watchers(seed, id)
    told = seed['cc'].map { |one| @lists.users[one] if one >= 0 }.compact.select(&:active?)
    told.map { |user| { watchable_type: 'Issue', watchable_id: id, user_id: user.id } }
  end

  def said(seed, id, place)
    row = @rows[place]
    files(seed['files'], id, row[:author_id], row[:created_on])
    seed['comments'].each { |one| comment(one, id) }
    return [] unless @statuses.values.find { |one| one.id == row[:status_id] }.is_closed?

    closing = { user_id: row[:assigned_to_id] || row[:author_id], notes: '', created_on: row[:updated_on] }
    new = @statuses.fetch('New').id.to_s
    journal(id, closing, [{ property: 'attr', prop_key: 'status_id', old_value: new, value: row[:status_id].to_s }])
    []
  end

  # Files of private words are in the same journal, as older versions wrote it.
  def comment(seed, id)
    author, at = @lists.author(seed['author']), Words.second(seed['at'])
    notes = Plain.text(seed['body'])
    details = files(seed['files'], id, author, at).map do |file|
      { property: 'attachment', prop_key: file.id.to_s, old_value: nil, value: file.filename }
    end
    return if details.empty? && Words.blank?(notes)

    private_notes = seed['private'] && !Words.blank?(notes)
    journal(id, { user_id: author, notes: notes, created_on: at, private_notes: private_notes }, details)
  end

  def journal(issue, values, details)
    row = { journalized_type: 'Issue', journalized_id: issue, private_notes: false, **values }
    id = Journal.insert_all!([row], returning: :id).rows.first.first
    put(JournalDetail, details.map { |one| { journal_id: id, **one } })
  end

  def files(seeds, issue, author, at)
    seeds.map do |seed|
      file = Attachment.new(filename: seed['name'], author_id: author, created_on: at, description: '')
      file.container_type, file.container_id = 'Issue', issue
      file.file = StringIO.new(Base64.decode64(seed['content']))
      file.tap { |one| one.save!(validate: false) }
    end
  end

  # Hours on a day; of when it was on that day nothing is kept.
  def spent(seed, id, place)
    seed['work'].each do |work|
      author, at = @lists.author(work['author']), Words.second(work['at'])
      TimeEntry.new(
        project_id: @rows[place][:project_id], issue_id: id, author_id: author, user_id: author, activity: @activity,
        hours: work['seconds'] / 3600.0, comments: work['note'], spent_on: at.to_date, created_on: at
      ).save!(validate: false)
    end
    []
  end

  def related(seed, id)
    pairs = seed['links'].map { |place| [id, @ids.fetch(place)].sort }
    pairs.select { |pair| pair.uniq.size == 2 && @related.add?(pair) }.map do |from, to|
      { issue_from_id: from, issue_to_id: to, relation_type: 'relates' }
    end
  end
end

answers = $stdout.dup
$stdout.reopen($stderr) # nothing else may speak there
answers.sync = true
issues = nil
while (line = $stdin.gets)
  told = JSON.parse(line)
  begin
    done = ActiveRecord::Base.transaction do
      case told['do']
      when 'begin'
        issues = Issues.new(Lists.new(told['world']))
        nil
      when 'add' then issues.add(told['tickets'])
      when 'change' then issues.change(told['id'].to_i, told['title'], told['at'])
      else raise "no such word: #{told['do']}"
      end
    end
    answers.puts({ done: done }.to_json)
  rescue StandardError => e
    answers.puts({ error: e.full_message(highlight: false, order: :top) }.to_json)
  end
end
