# The API user, with the rights the desk's README tells to give; queues; custom fields. Prints his token and root's.
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT -init;

my $system = RT->SystemUser;

sub done {
    my ($ok, $said) = @_;
    die "$said\n" unless $ok;
    return;
}

my $user = RT::User->new($system);
done($user->Create(
    Name => 'sync', RealName => 'Sync', EmailAddress => 'sync@live.test', Privileged => 1, Timezone => 'UTC',
));
my @rights = qw(
    SeeQueue ShowTicket ShowTicketComments ShowOutgoingEmail CreateTicket ReplyToTicket CommentOnTicket ModifyTicket
    OwnTicket TakeTicket ReassignTicket DeleteTicket Watch SeeCustomField ModifyCustomField AdminCustomField AdminUsers
    ShowConfigTab
);
done($user->PrincipalObj->GrantRight(Right => $_, Object => RT->System)) for @rights;

my $support = RT::Queue->new($system);
done($support->Create(Name => 'Support', Description => 'A second queue', CorrespondAddress => 'support@live.test'));

my %fields = (
    'External ID' => ['FreeformSingle'],
    'Severity'    => ['SelectSingle', qw(low normal high)],
    'Tags'        => ['FreeformMultiple'],
    'Due On'      => ['DateTimeSingle'],
);
for my $name (sort keys %fields) {
    my ($type, @values) = @{ $fields{$name} };
    my $field = RT::CustomField->new($system);
    done($field->Create(Name => $name, Type => $type, LookupType => 'RT::Queue-RT::Ticket'));
    done($field->AddValue(Name => $_)) for @values;
    done($field->AddToObject(RT::Queue->new($system)));    # every queue
}

for my $name (qw(sync root)) {
    my $owner = RT::User->new($system);
    $owner->Load($name);
    my ($ok, $said, $token) = RT::AuthToken->new($system)->Create(Owner => $owner->id, Description => 'syncer');
    done($ok, $said);
    print "$token\n";
}
